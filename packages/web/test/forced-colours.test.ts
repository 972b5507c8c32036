import { expect } from 'bun:test';
import type { Locator } from 'playwright-core';
import { describeInBrowser } from './support/browser.ts';
import { groupOfMira, menuOf } from './support/group.ts';
import { untilFocused } from './support/places.ts';
import { testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

/** What of an element is visible with forced colours: borders, outline and background. */
function look(element: Locator) {
  return element.first().evaluate((one) => {
    const style = getComputedStyle(one);
    const sides = ['inline-start', 'inline-end', 'block-start', 'block-end'];
    const borders = sides.map((side) => style.getPropertyValue(`border-${side}-width`));
    const { outlineStyle, outlineWidth, outlineColor, backgroundColor, color } = style;
    const outline = outlineStyle === 'none' ? '' : `${outlineStyle} ${outlineWidth} ${outlineColor}`;
    return { borders, outline, backgroundColor, color };
  });
}

describeInBrowser('with forced colours', () => {
  const test = testWith(groupOfMira);

  test('states that are shown by backgrounds stay distinguishable, and the focus from them', async (scene) => {
    const { ana, server, mira, conversationId, seq, amend } = scene;
    const { page } = ana;
    const reply = { conversationId, clientMessageId: 'reply', text: 'The blue ones', replyTo: seq };
    await server.call(mira, 'sendMessage', reply);
    await amend({ kind: 'react', emoji: '🎉', set: true });
    await amend({ kind: 'react', emoji: '👍', set: true });
    await amend({ kind: 'pin', set: true });
    await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
    const first = ana.message('Which tables?').first();
    const [pressed, other] = [/🎉/, /👍/].map((name) => first.getByRole('button', { name }));
    if (!pressed || !other) throw new Error('there are two reactions');
    await pressed.click();
    await first.getByRole('button', { name: /🎉/, pressed: true }).waitFor();
    await ana.box.focus();
    const unfocused = await look(pressed);
    expect(unfocused.backgroundColor).not.toBe((await look(other)).backgroundColor);
    await pressed.focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Shift+Tab');
    expect((await look(pressed)).outline).not.toBe(unfocused.outline);

    // The line at the beginning of a quote, the frame of a pinned message, and of the menu.
    expect((await look(ana.message('The blue ones').locator('.quote'))).borders[0]).toBe('3px');
    await first.getByText('Pinned', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    const pin = page.getByRole('region', { name: 'Pinned messages' }).getByRole('link');
    expect((await look(pin)).borders).toEqual(Array(4).fill('1px'));
    await first.locator('.message-text').click({ button: 'right' });
    await menuOf(ana).getByRole('menuitem', { name: 'Copy text' }).hover();
    const [item, others] = [menuOf(ana).locator('[data-highlighted]'), menuOf(ana).getByRole('menuitem').last()];
    await item.waitFor();
    expect((await look(menuOf(ana))).borders).toEqual(Array(4).fill('1px'));
    expect((await look(item)).outline).not.toBe((await look(others)).outline);
    await page.keyboard.press('Escape');

    // The message that a link has led to has the focus too. The mark is there for a moment only.
    await untilFocused('the message', first);
    const focused = await look(first);
    await first.evaluate((one) => one.setAttribute('aria-current', 'location'));
    expect((await look(first)).outline).not.toBe(focused.outline);
    expect(ana.faults).toEqual([]);
  });

  test('or without, the mark of a message fades only if motion is not to be reduced', async ({ ana }) => {
    const duration = () =>
      ana
        .message('Which tables?')
        .first()
        .evaluate((one) => getComputedStyle(one).transitionDuration);
    await ana.page.emulateMedia({ reducedMotion: 'no-preference' });
    await until('a transition', duration, (time) => time === '0.4s');
    await ana.page.emulateMedia({ reducedMotion: 'reduce' });
    await until('no transition', duration, (time) => time === '0s');
  });
});
