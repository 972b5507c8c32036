import { describe, expect } from 'bun:test';
import type { Locator, Page } from 'playwright-core';
import { describeInBrowser, withServiceWorker } from './support/browser.ts';
import { focusLastMessage, untilFocused } from './support/places.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';

async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const ana = await environment.signUp('Ana', server.url, withServiceWorker);
  const anaId = await environment.idOf('ana');
  const mira = await server.person('mira');
  await server.call(mira, 'updateAccount', { displayName: 'Mira Lindqvist' });
  const groupId = (await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] })).id;
  for (const text of ['The first', 'The second']) await environment.say(mira, groupId, text);
  return { ana, anaId, mira, groupId, server, page: ana.page };
}

/** Presses Tab until the element of this role and name has the focus. Throws when a whole round does not reach it. */
async function tabTo(page: Page, role: 'button' | 'link' | 'textbox' | 'menuitem' | 'log', name: string | RegExp) {
  const wanted = page.getByRole(role, { name }).first();
  await wanted.waitFor();
  for (let presses = 0; presses < 60; presses++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach the ${role} ${name}`);
}

/** Elements that are partly outside the left or right side of the window. */
function beyondSides(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('button, a, input, textarea, h1, h2, article, label')].flatMap((one) => {
      const { left, right, width } = one.getBoundingClientRect();
      const isShown = width > 1 && one.checkVisibility({ visibilityProperty: true });
      return isShown && (left < -1 || right > innerWidth + 1) ? [one.outerHTML.slice(0, 120)] : [];
    }),
  );
}

describeInBrowser('the web client can be used', () => {
  const test = testWith(setUp);

  test('by keyboard alone: to open a conversation, answer, read back, mute and leave', async ({ ana, page }) => {
    await tabTo(page, 'link', /Harbour/);
    await page.keyboard.press('Enter');
    await ana.box.waitFor();
    await tabTo(page, 'textbox', /^Write to/);
    await page.keyboard.type('An answer');
    await page.keyboard.press('Enter');
    await ana.message('An answer').getByRole('img', { name: 'Sent' }).waitFor();
    const focused = page.locator('article:focus');
    await focusLastMessage(ana, ana.message('An answer'));
    await page.keyboard.press('ArrowUp');
    await focused.filter({ hasText: 'The second' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await focused.filter({ hasText: 'An answer' }).waitFor();
    await page.keyboard.press('Escape');
    await untilFocused('the box', ana.box);
    await tabTo(page, 'button', 'Details');
    await page.keyboard.press('Enter');
    await tabTo(page, 'button', 'Mute');
    await page.keyboard.press('Space');
    await ana.inList('Harbour').getByRole('img', { name: 'muted' }).waitFor();
    await tabTo(page, 'button', /^Actions for [^’]*$/);
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Send a direct message' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menuitem').first().waitFor({ state: 'detached' });
    await tabTo(page, 'button', 'Leave');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.locator(':focus').waitFor();
    // The keyboard can't reach the page below a dialog, and Escape closes the dialog.
    for (let presses = 0; presses < 6; presses++) {
      await page.keyboard.press('Tab');
      expect(await page.locator('#root :focus').count()).toBe(0);
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await ana.inList('Harbour').waitFor();
  });

  test('by screen readers: it has landmarks and live regions', async ({
    ana,
    page,
    mira,
    groupId,
    server,
    environment,
  }) => {
    await page.goto(`${server.url}/c/${groupId}`);
    await ana.message('The first').waitFor();
    expect(await page.getByRole('main').count()).toBe(1);
    await page.getByRole('navigation', { name: 'Conversations' }).waitFor();
    await page.getByRole('region', { name: 'Harbour' }).waitFor();
    await page.getByRole('log', { name: 'Messages in ⁨Harbour⁩' }).waitFor();
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    await page.getByRole('complementary', { name: 'Details' }).waitFor();
    await environment.say(mira, groupId, 'Read this out');
    await page.getByRole('status').filter({ hasText: 'Mira Lindqvist: Read this out' }).waitFor();
  });

  describe.each([
    { what: '200 % of a window of 1280 pixels', viewport: { width: 640, height: 400 } },
    { what: '400 % of the same window', viewport: { width: 320, height: 256 } },
  ])('at $what', ({ viewport }) => {
    test('nothing is cut off, and messages are read and written', async ({ ana, groupId, server }) => {
      const page = await ana.context.newPage();
      await page.setViewportSize(viewport);
      const tab = ana.at(page);
      const show = async (path: string, name: string) => {
        await page.goto(server.url + path);
        await page.getByText(name).first().waitFor();
        expect(await beyondSides(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
      };
      await show('/', 'Harbour');
      await show('/settings', 'this device');
      await show('/channels', 'No channels yet');
      await show(`/c/${groupId}`, 'The second');
      const text = `Written at ${viewport.width} pixels`;
      await tab.box.fill(text);
      await tab.page.getByRole('button', { name: 'Send' }).click();
      await tab.message(text).getByRole('img', { name: 'Sent' }).waitFor();
      await tab.message(text).scrollIntoViewIfNeeded();
      expect(await beyondSides(page)).toEqual([]);
    });
  });

  test('without motion, if the person prefers reduced motion', async ({ page }) => {
    const lastingMs = async (reducedMotion: 'reduce' | 'no-preference') => {
      await page.emulateMedia({ reducedMotion });
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').waitFor();
      const moving = await page.evaluate(
        () =>
          [...document.querySelectorAll('*')].filter((element) => {
            const { animationName, animationDuration, transitionDuration, scrollBehavior } = getComputedStyle(element);
            const lasts = (durations: string) => durations.split(', ').some((one) => Number.parseFloat(one) > 0);
            return (
              (animationName !== 'none' && lasts(animationDuration)) ||
              lasts(transitionDuration) ||
              scrollBehavior === 'smooth'
            );
          }).length,
      );
      await page.keyboard.press('Escape');
      await page.getByRole('combobox').waitFor({ state: 'detached' });
      return moving;
    };
    expect(await lastingMs('no-preference')).toBeGreaterThan(0);
    expect(await lastingMs('reduce')).toBe(0);
  });

  test('with forced colours: selection and presence are visible without backgrounds', async (scene) => {
    const { ana, anaId, groupId, mira, page, environment, server } = scene;
    await page.emulateMedia({ forcedColors: 'active' });
    const miras = await server.wire(mira);
    const direct = await server.call(mira, 'openDirect', { userId: anaId });
    await environment.say(mira, direct.id, 'Here I am');
    await page.goto(`${server.url}/c/${groupId}`);
    const dot = ana.inList('Mira Lindqvist').getByRole('img', { name: 'online' });
    const styleOf = (locator: Locator, property: string) =>
      locator.evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property);
    const text = await styleOf(page.locator('body'), 'color');
    await dot.waitFor();
    expect(await styleOf(dot, 'background-color')).toBe(text);
    expect(await styleOf(ana.inList('Harbour').getByRole('link'), 'outline-style')).toBe('solid');
    expect(await styleOf(ana.inList('Mira Lindqvist').getByRole('link'), 'outline-style')).toBe('none');
    await page.keyboard.press('Control+k');
    const options = page.getByRole('option');
    await options.nth(1).waitFor();
    expect(await styleOf(options.nth(0), 'outline-style')).toBe('solid');
    expect(await styleOf(options.nth(1), 'outline-style')).toBe('none');
    await miras.close();
  });

  test('as an installed app, by the browser’s own criteria', async ({ page }) => {
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    const session = await page.context().newCDPSession(page);
    const { errors, url } = await session.send('Page.getAppManifest');
    expect({ errors, path: new URL(url).pathname }).toEqual({ errors: [], path: '/manifest.webmanifest' });
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    // Windows of tests are private ones, in which nothing can be installed. There must be no other obstacle.
    expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual([]);
    await session.detach();
  });

  test('in a language that is written from right to left, chosen in the settings and remembered', async ({
    ana,
    page,
    server,
  }) => {
    await page.goto(`${server.url}/settings`);
    await page.getByLabel('Language').selectOption('ar');
    await page.getByRole('button', { name: 'Log out' }).waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.documentElement.dir)).toBe('rtl');
    await page.reload();
    await page.getByRole('navigation', { name: 'المحادثات' }).waitFor();
    expect(ana.faults).toEqual([]);
  });
});
