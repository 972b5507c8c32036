import { expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { describeInBrowser } from './support/browser.ts';
import { choose, groupOfMira, note, send } from './support/group.ts';
import { untilFocused, untilInView } from './support/places.ts';
import { testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

/** Resolves when the focus is on a message or in the box. */
async function untilNotLost(page: Page, after: string): Promise<void> {
  await until(
    `a message or the box to have the focus, after ${after}`,
    () => page.evaluate(() => document.activeElement?.localName),
    (name) => name === 'article' || name === 'textarea',
  );
}

describeInBrowser('the focus stays in place when a control removes itself', () => {
  const test = testWith(groupOfMira);

  test('by a press of it, or because somebody else has made it pointless', async (scene) => {
    const { environment, ana, mira, conversationId, seq, amend } = scene;
    const { page } = ana;
    const first = ana.message('Which tables?').first();
    const chip = first.getByRole('button', { name: /🎉/ });
    // A reaction that its only person removes, and one that the person who focused it removes.
    await amend({ kind: 'react', emoji: '🎉', set: true });
    await chip.focus();
    await amend({ kind: 'react', emoji: '🎉', set: false });
    await chip.waitFor({ state: 'detached' });
    await untilFocused('the message', first);
    await amend({ kind: 'react', emoji: '🎉', set: true });
    await chip.press('Enter');
    await first.getByRole('button', { name: /🎉/, pressed: true }).waitFor();
    await amend({ kind: 'react', emoji: '🎉', set: false });
    await chip.press('Enter');
    await chip.waitFor({ state: 'detached' });
    await untilFocused('the message', first);

    // The button that sends is disabled once the box is empty.
    await ana.box.fill('The blue ones');
    await page.getByRole('button', { name: 'Send' }).press('Enter');
    await ana.message('The blue ones').waitFor();
    await untilFocused('the box', ana.box);

    // The note of a link that leads nowhere.
    await page.goto(`${page.url()}/999`);
    // Until the server has answered, another note may be shown.
    await note(ana, 'There is no such message here').waitFor();
    await page.getByRole('button', { name: 'Close' }).press('Enter');
    await page.getByRole('button', { name: 'Close' }).waitFor({ state: 'detached' });
    await untilNotLost(page, 'the note');
    await page.keyboard.type('and');
    expect(await ana.box.inputValue()).toBe('and');

    // The button that leads to the newest message.
    await environment.sayAll(
      mira,
      conversationId,
      Array.from({ length: 40 }, (_, index) => `Crate ${index}`),
    );
    await page.goto(page.url().replace('/999', `/${seq}`));
    await untilFocused('the message of the link', first);
    const toLatest = page.getByRole('button', { name: /Jump to the latest|new messages?$/ });
    await toLatest.press('Enter');
    await untilInView('the newest message', ana.message('Crate 39'));
    await toLatest.waitFor({ state: 'detached' });
    await untilFocused('the box', ana.box);
    expect(ana.faults).toEqual([]);
  });

  test('unless the person clicked an empty place before the control was removed', async (scene) => {
    const { environment, ana, mira, conversationId } = scene;
    const { page } = ana;
    const first = ana.message('Which tables?').first();
    await first.focus();
    await untilFocused('the message', first);
    await page.locator('.sidebar-head').click({ position: { x: 4, y: 4 } });
    const frames = (count: number) =>
      page.evaluate(async (left) => {
        for (let frame = 0; frame < left; frame++) await new Promise(requestAnimationFrame);
        return document.activeElement?.localName;
      }, count);
    expect(await frames(2)).toBe('body');
    const texts = Array.from({ length: 60 }, (_, index) => `Crate ${index}`);
    await environment.sayAll(mira, conversationId, texts);
    await ana.message('Crate').first().waitFor();
    await page.getByRole('log').hover();
    await until(
      'the row to be removed',
      async () => {
        await page.mouse.wheel(0, 400);
        return first.count();
      },
      (count) => count === 0,
    );
    expect(await frames(20)).toBe('body');
    expect(ana.faults).toEqual([]);
  });

  test('within a dialog, in the dialog', async ({ environment, ana, server, mira, conversationId }) => {
    const { page } = ana;
    const [userId, lee] = [await environment.idOf('ana'), await server.person('lee')];
    await server.call(mira, 'setRole', { conversationId, userId, role: 'admin' });
    await server.call(mira, 'banUser', { conversationId, userId: lee.account.id });
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    await page.getByRole('button', { name: 'Banned people' }).click();
    const dialog = page.getByRole('dialog', { name: 'Banned people' });
    await untilFocused('the search field', dialog.getByRole('combobox'));
    await dialog.getByRole('button', { name: /Lift ban on/ }).press('Enter');
    await dialog.getByText('Nobody is banned.').waitFor();
    await untilFocused('the dialog', dialog);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  test('and returns to the message whose dialog was closed because somebody deleted the message', async (scene) => {
    const { ana, mira, conversationId, seq, server } = scene;
    await send(ana, 'The blue ones');
    const { entries } = await server.call(mira, 'getHistory', { conversationId });
    const own = entries.find((entry) => entry.seq > seq && entry.kind === 'message')?.seq ?? 0;
    await choose(ana, ana.message('The blue ones'), 'Delete');
    const dialog = ana.page.getByRole('dialog', { name: 'Delete this message?' });
    await dialog.waitFor();
    await scene.amend({ kind: 'delete' }, mira, own);
    await dialog.waitFor({ state: 'detached' });
    await untilFocused('the line of the deleted message', ana.message('This message was deleted by'));
    expect(ana.faults).toEqual([]);
  });
});
