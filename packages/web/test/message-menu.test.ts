import { expect } from 'bun:test';
import type { Locator, Page } from 'playwright-core';
import { describeInBrowser, describeWith, wholeChromium } from './support/browser.ts';
import { recordPassing, untilNoted } from './support/passing.ts';
import type { PersonInBrowser } from './support/person.ts';
import { clipboardText, focusLastMessage, untilFocused, untilInView } from './support/places.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';
import { turnWheel } from './support/view.ts';

const written = 'Tables are *ready*: see `tables.pdf`\nand tell https://harbour.example/a of it';

const menuOf = (page: Page) => page.getByRole('menu', { name: /^Actions for .*’s message/ });
const item = (page: Page, name: string) => menuOf(page).getByRole('menuitem', { name });

/** Ana in a group of Mira's, with a few messages of both. */
async function setUp(environment: TestEnvironment) {
  const network = environment.network();
  return { network, ...(await groupOf(environment, await environment.signUp('Ana', network.url))) };
}

async function groupOf(environment: TestEnvironment, ana: PersonInBrowser) {
  const { server } = environment;
  await recordPassing(ana.page);
  const mira = await server.person('mira');
  const anaId = await environment.idOf('ana');
  const { id: groupId } = await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] });
  const say = (text: string) => environment.say(mira, groupId, text);
  for (const text of ['before', written, 'after']) await say(text);
  await ana.open('Harbour');
  await ana.write('own words');
  await ana.message('own words').getByRole('img', { name: 'Sent' }).waitFor();
  return { server, ana, mira, groupId, say };
}

const untilClosed = (page: Page) => menuOf(page).waitFor({ state: 'detached' });

describeInBrowser('the menu of a message', () => {
  const test = testWith(setUp);

  test('opens by its button and by right click, and copies the text as it was written', async ({ ana }) => {
    const { page } = ana;
    await ana.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const message = ana.message('tables.pdf');
    await message.hover();
    await message.getByRole('button', { name: /^Actions for/ }).click();
    await item(page, 'Copy text').click();
    await untilClosed(page);
    await untilNoted(page, 'Text copied');
    expect(await clipboardText(page)).toBe(written);
    await untilFocused('the message', message);

    await ana.message('own words').locator('.message-text').click({ button: 'right' });
    await item(page, 'Copy text').click();
    await until(
      'the own text',
      () => clipboardText(page),
      (text) => text === 'own words',
    );
    expect(ana.faults).toEqual([]);
  });

  test('closes on Escape and on a click outside, and returns the focus', async ({ ana }) => {
    const { page } = ana;
    const message = ana.message('after');
    await message.locator('.message-text').click({ button: 'right' });
    await menuOf(page).waitFor();
    await page.keyboard.press('Escape');
    await untilClosed(page);
    await untilFocused('the message', message);
    await message.locator('.message-text').click({ button: 'right' });
    await menuOf(page).waitFor();
    await page.mouse.click(5, 5);
    await untilClosed(page);
  });

  test('is opened, used and left by keyboard alone', async ({ ana }) => {
    const { page } = ana;
    await ana.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await focusLastMessage(ana, ana.message('own words'));
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await untilFocused('the message above', ana.message('tables.pdf'));
    for (const key of ['Enter', 'Shift+F10', 'ContextMenu']) {
      await page.keyboard.press(key);
      await menuOf(page).waitFor();
      await page.keyboard.press('Escape');
      await untilClosed(page);
      await untilFocused(`the message, after ${key}`, ana.message('tables.pdf'));
    }
    await page.keyboard.press('Enter');
    await untilFocused('the menu', menuOf(page));
    for (const name of ['Reply', 'Add reaction', 'Copy text']) {
      await page.keyboard.press('ArrowDown');
      await untilHighlighted(item(page, name));
    }
    await page.keyboard.press('Enter');
    await until(
      'the text',
      () => clipboardText(page),
      (text) => text === written,
    );
    await untilFocused('the message', ana.message('tables.pdf'));
    await page.keyboard.press('Escape');
    await untilFocused('the box', ana.box);
  });

  test('gets the keys that are pressed before it is shown', async ({ ana }) => {
    const { page } = ana;
    const message = ana.message('own words');
    await focusLastMessage(ana, message);
    for (const key of ['Enter', 'ArrowUp', 'Escape']) await page.keyboard.press(key);
    await untilClosed(page);
    await untilFocused('the message', message);
  });

  test('leaves right clicks on links and on selected text, and Enter on links, to the browser', async ({ ana }) => {
    const { page } = ana;
    await page.evaluate(() => {
      const seen: boolean[] = [];
      Object.assign(globalThis, { seen });
      addEventListener('contextmenu', (event) => seen.push(event.defaultPrevented));
    });
    const prevented = () => page.evaluate(() => (globalThis as unknown as { seen: boolean[] }).seen);
    await ana.message('tables.pdf').getByRole('link').click({ button: 'right' });
    await page.keyboard.press('Escape');
    await ana.message('after').locator('.message-text').dblclick();
    await ana.message('after').locator('.message-text').click({ button: 'right' });
    await page.keyboard.press('Escape');
    expect(await prevented()).toEqual([false, false]);
    await ana.message('before').locator('.message-text').click({ button: 'right' });
    await menuOf(page).waitFor();
    expect(await prevented()).toEqual([false, false, true]);
  });

  test('does not offer the link of a message that is not sent yet', async ({ ana, network }) => {
    const { page } = ana;
    network.cut();
    await page.getByText('No connection').waitFor();
    await ana.write('not yet');
    await ana.message('not yet').locator('.message-text').click({ button: 'right' });
    await item(page, 'Copy text').waitFor();
    expect(await item(page, 'Copy link').count()).toBe(0);
  });
});

/** Resolves when the menu's highlight is on this item. */
async function untilHighlighted(one: Locator): Promise<void> {
  await until(
    'the highlight',
    () => one.getAttribute('data-highlighted'),
    (value) => value !== null,
  );
}

describeInBrowser('the focus on a message', () => {
  const test = testWith(setUp);

  test('stays while messages arrive and the list is scrolled, and the arrow keys go on from it', async (given) => {
    const { ana, environment, groupId, mira } = given;
    const { page } = ana;
    await focusLastMessage(ana, ana.message('own words'));
    await page.keyboard.press('ArrowUp');
    const message = ana.message('after');
    await untilFocused('the message', message);
    await environment.sayAll(
      mira,
      groupId,
      Array.from({ length: 120 }, (_, index) => `new ${index}`),
    );
    await untilInView('the newest message', page.getByRole('log').getByText('new 119', { exact: true }));
    await untilFocused('the message', message);
    await page.keyboard.press('ArrowUp');
    await untilFocused('the message above', ana.message('tables.pdf'));
    await untilInView('the message above', ana.message('tables.pdf'));
    await turnWheel(page, 3_000);
    await untilFocused('the message above', ana.message('tables.pdf'));
    // The menu of a message that is far away opens too.
    await page.keyboard.press('Enter');
    await menuOf(page).waitFor();
    await page.keyboard.press('Escape');
    await untilFocused('the message above', ana.message('tables.pdf'));
  });

  test('stays on a message that its sender edits', async ({ ana, server, mira, groupId }) => {
    const message = ana.message('after');
    await focusLastMessage(ana, ana.message('own words'));
    await ana.page.keyboard.press('ArrowUp');
    await untilFocused('the message', message);
    const { entries } = await server.call(mira, 'getHistory', { conversationId: groupId });
    const seq = entries.find((entry) => entry.kind === 'message' && entry.text === 'after')?.seq ?? 0;
    const change = { kind: 'edit', text: 'after all' } as const;
    await server.call(mira, 'amendMessage', { conversationId: groupId, seq, amendmentId: 'edit', change });
    await ana.message('after all').waitFor();
    await untilFocused('the edited message', ana.message('after all'));
  });

  test('is reached by one press of the Tab key, at the last message in view', async ({ ana }) => {
    const { page } = ana;
    await until(
      'the last message to be reached',
      () => ana.message('own words').getAttribute('tabindex'),
      (index) => index === '0',
    );
    await ana.box.focus();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    await untilFocused('the last message', ana.message('own words'));
    expect(await page.getByRole('log').locator('article[tabindex="0"]').count()).toBe(1);
  });

  test('goes to the box when the person begins to write, and by ↓ from the newest message', async ({ ana }) => {
    const { page } = ana;
    await focusLastMessage(ana, ana.message('own words'));
    await page.keyboard.type('hello');
    await until(
      'the box to have the text',
      () => ana.box.inputValue(),
      (text) => text === 'hello',
    );
    await ana.box.fill('');
    await focusLastMessage(ana, ana.message('own words'));
    await page.keyboard.press('ArrowDown');
    await untilFocused('the box', ana.box);
  });
});

describeWith([wholeChromium], 'the menu of a message on a phone', () => {
  const setUpPhone = async (environment: TestEnvironment) => {
    const options = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    return groupOf(environment, await environment.signUp('Ana', environment.server.url, options));
  };
  const test = testWith(setUpPhone, { program: wholeChromium });

  test('opens by a long press, within the screen, and closes by a tap elsewhere', async ({ ana }) => {
    const { page } = ana;
    await pressLong(ana.message('own words').locator('.message-text'), () => menuOf(page).waitFor());
    const box = await menuOf(page).boundingBox();
    expect(box && box.x >= 0 && box.x + box.width <= 390 && box.y >= 0 && box.y + box.height <= 844).toBe(true);
    expect(await page.evaluate(() => getSelection()?.toString())).toBe('');
    // Lifting the finger neither chose an action nor closed the menu.
    await item(page, 'Copy link').waitFor();
    await page.touchscreen.tap(20, 20);
    await untilClosed(page);
    await pressLong(ana.message('before').locator('.message-text'), () => menuOf(page).waitFor());
    await item(page, 'Copy text').tap();
    await untilClosed(page);
    await untilNoted(page, 'Text copied');
  });

  test('does not open by a tap, nor by a finger that scrolls', async ({ ana }) => {
    const { page } = ana;
    await ana.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.clock.install();
    const text = ana.message('before').locator('.message-text');
    await text.tap();
    await swipe(text, 80);
    // A press that opens a menu shows that the ones before had their chance to.
    await pressLong(ana.message('after').locator('.message-text'), () => menuOf(page).waitFor());
    expect(await menuOf(page).count()).toBe(1);
    await item(page, 'Copy text').tap();
    await untilNoted(page, 'Text copied');
    await until(
      'the text of the pressed message',
      () => clipboardText(page),
      (copied) => copied === 'after',
    );
  });
});

async function centreOf(locator: Locator) {
  const box = await locator.boundingBox();
  if (!box) throw new Error('the element to touch is not on the page');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Touches an element until `shown` resolves. */
async function pressLong(locator: Locator, shown: () => Promise<void>): Promise<void> {
  const session = await locator.page().context().newCDPSession(locator.page());
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [await centreOf(locator)] });
  await shown();
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await session.detach();
}

/** Moves a finger over an element, for longer than a long press takes by the page's clock. */
async function swipe(locator: Locator, pixels: number): Promise<void> {
  const page = locator.page();
  const session = await page.context().newCDPSession(page);
  const { x, y } = await centreOf(locator);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...touchPoints: { x: number; y: number }[]) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints });
  // At once: a finger that rests on the message for long before it moves opens the menu.
  await Promise.all([touch('touchStart', { x, y }), touch('touchMove', { x, y: y + pixels })]);
  await page.clock.fastForward(2_000);
  expect(await menuOf(page).count()).toBe(0);
  await touch('touchEnd');
  await session.detach();
}
