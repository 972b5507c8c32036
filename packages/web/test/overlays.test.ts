import { expect } from 'bun:test';
import type { Locator, Page } from 'playwright-core';
import { describeInBrowser } from './support/browser.ts';
import { choose, groupOfMira, menuOf } from './support/group.ts';
import { untilFocused } from './support/places.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

const fault = (page: Page) => page.getByRole('alert').filter({ hasText: 'Something went wrong here' });
const picker = (page: Page) => page.getByRole('dialog', { name: 'Choose an emoji' });

/** Ana, an admin of Mira's group, in a page without a service worker, which would store the code of all parts. */
async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const ana = await environment.signUp('Ana');
  const { page } = ana;
  const mira = await server.person('mira');
  const userId = await environment.idOf('ana');
  const { id: conversationId } = await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [userId] });
  await server.call(mira, 'setRole', { conversationId, userId, role: 'admin' });
  const { seq } = await environment.say(mira, conversationId, 'Which tables?');
  const change = { kind: 'react', emoji: '🎉', set: true } as const;
  await server.call(mira, 'amendMessage', { conversationId, seq, amendmentId: 'party', change });
  await ana.open('Harbour');
  const message = ana.message('Which tables?').first();
  const isShown = () => message.getByRole('button', { name: /🎉/ }).waitFor();
  await isShown();
  const open = async () => {
    await page.reload();
    await isShown();
  };
  return { ana, page, message, open };
}

/** Keeps the page from loading further parts of its code, and from finding out that a reload would help. */
async function stopLoading(page: Page): Promise<void> {
  const isCode = ({ pathname }: URL) => pathname === '/' || pathname.startsWith('/assets/');
  await page.route(isCode, (route) => route.abort());
}

describeInBrowser('a part of the page that fails', () => {
  const test = testWith(setUp);

  test('is closed again, and the conversation stays: the menu, its dialogs and the picker', async (scene) => {
    const { ana, page, message, open } = scene;
    const closeFault = async () => {
      await fault(page).getByRole('button', { name: 'Close' }).click();
      await fault(page).waitFor({ state: 'detached' });
    };
    await stopLoading(page);
    await message.locator('.message-text').click({ button: 'right' });
    await closeFault();
    await untilFocused('the message', message);

    await page.unrouteAll();
    await open();
    // The menu is loaded, and nothing else.
    await message.locator('.message-text').click({ button: 'right' });
    await menuOf(ana).waitFor();
    await page.keyboard.press('Escape');
    await menuOf(ana).waitFor({ state: 'detached' });
    await stopLoading(page);
    for (const action of ['Add reaction', 'Who reacted', 'Delete']) {
      await choose(ana, message, action);
      await closeFault();
      await untilFocused(`the message, after ${action}`, message);
    }
    await page.getByRole('button', { name: 'Choose an emoji' }).click();
    await closeFault();
    await untilFocused('the box', ana.box);
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    await closeFault();
    await ana.write('Still here');
    await ana.message('Still here').getByRole('img', { name: 'Sent' }).waitFor();
  });

  test('is closed again, and the details stay: their dialogs', async ({ ana, page }) => {
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    const members = page.getByRole('region', { name: 'Members' });
    await members.getByText('@mira').waitFor();
    await stopLoading(page);
    for (const name of ['Add people', 'Banned people', 'Leave']) {
      await page.getByRole('button', { name, exact: true }).click();
      await fault(page).getByRole('button', { name: 'Close' }).click();
      await fault(page).waitFor({ state: 'detached' });
    }
    await members.getByText('@mira').waitFor();
    await ana.message('Which tables?').first().waitFor();
  });
});

/** How far a picker is from the place above or below the button that it belongs to. */
async function distance(button: Locator, opened: Locator): Promise<number> {
  const [of, at] = await Promise.all([button.boundingBox(), opened.boundingBox()]);
  if (!of || !at) return Number.POSITIVE_INFINITY;
  const below = Math.abs(at.y - (of.y + of.height));
  const above = Math.abs(at.y + at.height - of.y);
  const beside = at.x > of.x + of.width || at.x + at.width < of.x ? Number.POSITIVE_INFINITY : 0;
  return Math.max(beside, Math.min(above, below));
}

describeInBrowser('the picker of emoji', () => {
  const test = testWith(groupOfMira);

  test('stays at its button when the window gets another size', async ({ ana, amend, environment, ...scene }) => {
    const { page } = ana;
    await amend({ kind: 'react', emoji: '🎉', set: true });
    // Several messages, so that a lower window moves them.
    await environment.sayAll(
      scene.mira,
      scene.conversationId,
      Array.from({ length: 12 }, (_, index) => `Crate ${index}`),
    );
    await page.getByRole('log').getByText('Crate 11', { exact: true }).waitFor();
    const ofMessage = ana.message('Which tables?').first().getByRole('button', { name: 'Add reaction' });
    const ofBox = page.getByRole('button', { name: 'Choose an emoji' });
    for (const button of [ofMessage, ofBox]) {
      await page.setViewportSize({ width: 1440, height: 900 });
      await button.click();
      for (const size of [
        { width: 1440, height: 900 },
        { width: 1000, height: 860 },
        { width: 390, height: 800 },
      ]) {
        await page.setViewportSize(size);
        await until(
          `the picker to be at its button in a window of ${size.width} px`,
          () => distance(button, picker(page)),
          (pixels) => pixels <= 12,
        );
      }
      await page.keyboard.press('Escape');
      await picker(page).waitFor({ state: 'detached' });
    }
    expect(ana.faults).toEqual([]);
  });

  test('inserts an emoji into a message where the caret is, and into one that is edited', async ({ ana }) => {
    const { page } = ana;
    const button = page.getByRole('button', { name: 'Choose an emoji' });
    const choosePartyPopper = async () => {
      await button.click();
      await picker(page).getByRole('searchbox', { name: 'Search emoji' }).fill('party popper');
      await picker(page).getByRole('gridcell', { name: 'party popper' }).click();
      await picker(page).waitFor({ state: 'detached' });
    };
    await ana.box.fill('Done!');
    await ana.box.press('ArrowLeft');
    await choosePartyPopper();
    await untilFocused('the box', ana.box);
    expect(await ana.box.inputValue()).toBe('Done🎉!');
    await page.keyboard.type('…');
    expect(await ana.box.inputValue()).toBe('Done🎉…!');
    await ana.box.press('Control+z');
    await ana.box.press('Control+z');
    expect(await ana.box.inputValue()).toBe('Done!');
    // The button closes the picker too.
    await button.click();
    await untilFocused('the search', picker(page).getByRole('searchbox'));
    await button.click();
    await picker(page).waitFor({ state: 'detached' });
    await untilFocused('the box', ana.box);
    await ana.box.press('Enter');
    await ana.message('Done!').getByRole('img', { name: 'Sent' }).waitFor();

    await ana.box.press('ArrowUp');
    const edited = page.getByRole('textbox', { name: 'Edit the message' });
    await untilFocused('the edited text', edited);
    await choosePartyPopper();
    await untilFocused('the edited text', edited);
    await edited.press('Enter');
    await ana.message('Done!🎉').waitFor();
    expect(ana.faults).toEqual([]);
  });
});
