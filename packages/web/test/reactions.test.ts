import { expect } from 'bun:test';
import type { Locator, Page } from 'playwright-core';
import type { Person } from '../../server/test/support/running-server.ts';
import { emojiLines } from '../src/emoji/english-names.ts';
import { expectNoViolations } from './support/axe.ts';
import { describeInBrowser } from './support/browser.ts';
import { actionsOf, choose, groupOfMira, menuOf, send } from './support/group.ts';
import { type PersonInBrowser, password } from './support/person.ts';
import { untilFocused } from './support/places.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

const first = (person: PersonInBrowser) => person.message('Which tables?').first();
const picker = (page: Page) => page.getByRole('dialog', { name: 'Choose an emoji' });
const search = (page: Page) => picker(page).getByRole('searchbox', { name: 'Search emoji' });
const chip = (message: Locator, emoji: string, count: number) =>
  message.getByRole('button', { name: new RegExp(`^\u2068?${emoji}\u2069?: ${count} reactions?$`, 'u') });

async function openPicker(person: PersonInBrowser): Promise<void> {
  await choose(person, first(person), 'Add reaction');
  await untilFocused('the search', search(person.page));
}

async function untilPressed(button: Locator, isPressed: boolean): Promise<void> {
  await until(
    `the reaction to be ${isPressed ? 'pressed' : 'released'}`,
    () => button.getAttribute('aria-pressed'),
    (pressed) => pressed === String(isPressed),
  );
}

/** Adds people to the group. */
async function addPeople({ server }: TestEnvironment, mira: Person, conversationId: string, count: number) {
  const people: Person[] = [];
  for (let index = 0; index < count; index++) people.push(await server.person(`person${index}`));
  const userIds = people.map(({ account }) => account.id);
  const half = Math.ceil(count / 2);
  for (const some of [userIds.slice(0, half), userIds.slice(half)])
    await server.call(mira, 'addMembers', { conversationId, userIds: some });
  return people;
}

describeInBrowser('reactions', () => {
  const test = testWith(groupOfMira);

  test('are chosen in the picker, counted for everybody, and set and removed by a click', async (scene) => {
    const { ana, addBen } = scene;
    const ben = await addBen();
    await openPicker(ana);
    await search(ana.page).fill('party popper');
    await picker(ana.page).getByRole('gridcell', { name: 'party popper' }).click();
    await picker(ana.page).waitFor({ state: 'detached' });
    await untilFocused('the message', first(ana));
    await untilPressed(chip(first(ana), '🎉', 1), true);
    // Fonts of texts have some emoji without colours.
    const shown = first(ana).getByText('🎉');
    expect(await shown.evaluate((one) => getComputedStyle(one).fontFamily)).toMatch(/^[^,]*Emoji/);
    await untilPressed(chip(first(ben), '🎉', 1), false);
    await chip(first(ben), '🎉', 1).click();
    for (const person of [ana, ben]) await untilPressed(chip(first(person), '🎉', 2), true);
    await chip(first(ana), '🎉', 2).click();
    await untilPressed(chip(first(ana), '🎉', 1), false);
    await ben.page.reload();
    await untilPressed(chip(first(ben), '🎉', 1), true);
    await chip(first(ben), '🎉', 1).focus();
    await ben.page.keyboard.press('Enter');
    for (const person of [ana, ben])
      await first(person).getByRole('list', { name: 'Reactions' }).waitFor({ state: 'detached' });
    await untilFocused('the message', first(ben));
    expect([...ana.faults, ...ben.faults]).toEqual([]);
  });

  test('show who reacted, page by page, and request each page once', async (scene) => {
    const { environment, ana, mira, network, conversationId, amend } = scene;
    const people51 = await addPeople(environment, mira, conversationId, 51);
    for (const person of people51) await amend({ kind: 'react', emoji: '👍', set: true }, person);
    await amend({ kind: 'react', emoji: '🎉', set: true });
    await chip(first(ana), '🎉', 1).waitFor();
    const requests: string[] = [];
    const count = (path: string) => {
      if (path.includes('/reactions')) requests.push(path);
      return null;
    };
    network.intercept(count, { keepsOpen: true });
    await choose(ana, first(ana), 'Who reacted');
    const dialog = ana.page.getByRole('dialog', { name: 'Who reacted' });
    const people = dialog.getByRole('listitem');
    await until(
      'a page of people',
      () => people.count(),
      (count) => count === 50,
    );
    await dialog.getByRole('button', { name: 'Show more' }).click();
    await until(
      'everybody',
      () => people.count(),
      (count) => count === 51,
    );
    await chip(dialog, '🎉', 1).click();
    await until(
      'the person of the other reaction',
      () => people.allTextContents(),
      (texts) => texts.length === 1 && texts[0]?.includes('mira') === true,
    );
    expect(requests).toHaveLength(3);
    await amend({ kind: 'react', emoji: '🎉', set: true }, people51[0]);
    await until(
      'both people of the other reaction',
      () => people.count(),
      (shown) => shown === 2,
    );
    expect(requests).toHaveLength(4);
    for (const person of [mira, people51[0]]) await amend({ kind: 'react', emoji: '🎉', set: false }, person);
    await dialog.getByRole('button', { name: /🎉/ }).waitFor({ state: 'detached' });
    await ana.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await untilFocused('the message', first(ana));
    expect(ana.faults).toEqual([]);
  });

  test('are limited to 50 different emoji: the 51st is refused with the reason, and a deleted message accepts none', async (scene) => {
    const { ana, mira, network, amend } = scene;
    const different = emojiLines.slice(0, 51).map(([emoji]) => emoji);
    for (const emoji of different.slice(0, 49)) await amend({ kind: 'react', emoji, set: true }, mira);
    await chip(first(ana), different[48] ?? '', 1).waitFor();
    const react = async (emoji: string) => {
      await first(ana).getByRole('button', { name: 'Add reaction' }).click();
      const name = emojiLines.find(([each]) => each === emoji)?.[2] ?? '';
      await search(ana.page).fill(name);
      await picker(ana.page).getByRole('gridcell', { name, exact: true }).click();
    };
    // The picker is loaded.
    await openPicker(ana);
    await picker(ana.page).getByRole('gridcell').first().waitFor();
    await ana.page.keyboard.press('Escape');
    await picker(ana.page).waitFor({ state: 'detached' });
    // Without a connection, the page does not know that somebody else was faster.
    network.cut();
    await ana.page.getByText(/No connection/).waitFor();
    await react('🐋');
    await untilPressed(chip(first(ana), '🐋', 1), true);
    await amend({ kind: 'react', emoji: different[49] ?? '', set: true }, mira);
    network.mend();
    const reason = ana.page.getByRole('status').filter({ hasText: 'at most 50 different reactions' });
    await reason.waitFor();
    await chip(first(ana), '🐋', 1).waitFor({ state: 'detached' });
    await ana.page.getByRole('button', { name: 'Close' }).click();
    await react('🐳');
    await reason.waitFor();
    expect(await chip(first(ana), '🐳', 1).count()).toBe(0);
    // One of the 50 is still possible.
    await chip(first(ana), different[49] ?? '', 1).click();
    await untilPressed(chip(first(ana), different[49] ?? '', 2), true);

    await openPicker(ana);
    await amend({ kind: 'delete' });
    await picker(ana.page).waitFor({ state: 'detached' });
    const line = ana.message('This message was deleted.').first();
    expect(await line.getByRole('button', { pressed: true }).count()).toBe(0);
    expect(await actionsOf(ana, line)).not.toContain('Add reaction');
    expect(ana.faults).toEqual([]);
  });
});

describeInBrowser('the picker of emoji', () => {
  const test = testWith(groupOfMira);

  test('works by keyboard alone: search, categories, grid, and Escape', async ({ ana }) => {
    const { page } = ana;
    await first(ana).focus();
    await page.keyboard.press('Enter');
    // The menu takes the focus once, when it is shown.
    await untilFocused('the menu', menuOf(ana));
    await page.getByRole('menuitem', { name: 'Add reaction' }).focus();
    await page.keyboard.press('Enter');
    await untilFocused('the search', search(page));
    await page.keyboard.press('Tab');
    await untilFocused('the category', picker(page).getByRole('tab', { selected: true }));
    await page.keyboard.press('ArrowRight');
    const people = picker(page).getByRole('tab', { name: 'People and body' });
    await untilFocused('the next category', people);
    expect(await people.getAttribute('aria-selected')).toBe('true');
    await page.keyboard.press('Tab');
    const cell = (name: string) => picker(page).getByRole('gridcell', { name, exact: true });
    await untilFocused('the first emoji', cell('waving hand'));
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await untilFocused('the second emoji', cell('raised back of hand'));
    await page.keyboard.press('End');
    await page.keyboard.press('Home');
    await untilFocused('the first emoji', cell('waving hand'));
    await page.keyboard.press('ArrowUp');
    await untilFocused('the search', search(page));
    await page.keyboard.press('Escape');
    await picker(page).waitFor({ state: 'detached' });
    await untilFocused('the message', first(ana));

    await openPicker(ana);
    await page.keyboard.type('nothing is called so');
    await picker(page)
      .getByText(/^Nothing matches/)
      .waitFor();
    await search(page).fill('tada');
    await cell('party popper').waitFor();
    await page.keyboard.press('Enter');
    await untilPressed(chip(first(ana), '🎉', 1), true);
    expect(ana.faults).toEqual([]);
  });

  test('shows recently used emoji first, in the chosen skin tone, until the person logs out', async ({ ana }) => {
    const { page } = ana;
    await openPicker(ana);
    await picker(page).getByLabel('Skin tone').selectOption('Dark');
    await search(page).fill('thumbs up');
    await picker(page).getByRole('gridcell', { name: 'thumbs up' }).click();
    await untilPressed(chip(first(ana), '👍🏿', 1), true);
    await page.reload();
    await first(ana).waitFor();
    await openPicker(ana);
    await picker(page).getByRole('tab', { name: 'Recently used', selected: true }).waitFor();
    expect(await picker(page).getByRole('gridcell').allTextContents()).toEqual(['👍🏿']);
    await page.keyboard.press('Escape');

    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Username').waitFor();
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }));
    expect(kept).not.toContain('👍🏿');
  });

  test('completes shortcodes in the box', async ({ ana }) => {
    const { page } = ana;
    const list = page.getByRole('listbox', { name: 'Matching emoji' });
    await ana.box.pressSequentially('Done :tad');
    await list.getByRole('option', { name: /tada/ }).waitFor();
    await ana.box.press('Enter');
    expect(await ana.box.inputValue()).toBe('Done 🎉 ');
    await list.waitFor({ state: 'detached' });
    await ana.box.pressSequentially(':whale:');
    await until(
      'the emoji',
      () => ana.box.inputValue(),
      (text) => text === 'Done 🎉 🐳 ',
    );
    // The text that Ctrl+Z brings back stays when the caret moves.
    await ana.box.press('Control+z');
    expect(await ana.box.inputValue()).toBe('Done 🎉 :whale:');
    await ana.box.press('End');
    await ana.box.press('ArrowLeft');
    await ana.box.press('End');
    await ana.box.pressSequentially(' ');
    expect(await ana.box.inputValue()).toBe('Done 🎉 :whale: ');
    await ana.box.pressSequentially('at 10:30 :smil');
    await list.waitFor();
    await ana.box.press('ArrowDown');
    expect(await list.getByRole('option').nth(1).getAttribute('aria-selected')).toBe('true');
    await ana.box.press('Escape');
    await list.waitFor({ state: 'detached' });
    await ana.box.press('Enter');
    await ana.message('Done 🎉 :whale: at 10:30 :smil').getByRole('img', { name: 'Sent' }).waitFor();
    expect(ana.faults).toEqual([]);
  });

  for (const locale of ['en-GB', 'ar']) {
    test(`and reactions have no violations of accessibility in ${locale}, on a phone too`, async (scene) => {
      const { environment, ana, mira, amend, server, conversationId } = scene;
      await send(ana, 'mine');
      await amend({ kind: 'react', emoji: '🎉', set: true }, mira);
      const { page } = await environment.window({ locale, reducedMotion: 'reduce' });
      await page.goto(`${server.url}/login`);
      await page.locator('input[name=username]').fill('ana');
      await page.locator('input[name=password]').fill(password);
      await page.locator('button[type=submit]').click();
      await page.locator('.conversation-row').first().waitFor();
      await page.goto(`${server.url}/c/${conversationId}`);
      await page.locator('.reaction[aria-pressed]').waitFor();
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 844 });
        await page.locator('.reaction').last().click();
        await page.locator('.emoji-cell').first().waitFor();
        await expectNoViolations(page);
        expect([width, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([width, width]);
        await page.keyboard.press('Escape');
        await page.locator('.emoji-picker').waitFor({ state: 'detached' });
        await expectNoViolations(page);
      }
      if (locale === 'ar') {
        await page.locator('.reaction').last().click();
        await page.locator('.emoji-picker input').fill('حوت');
        await page.getByRole('gridcell', { name: 'حوت', exact: true }).click();
        await page.getByRole('button', { name: /🐋/, pressed: true }).waitFor();
      }
    });
  }
});
