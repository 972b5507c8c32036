import { expect } from 'bun:test';
import type { CDPSession, Page } from 'playwright-core';
import { describeInBrowser } from './support/browser.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { firstViews, Scene, views } from './support/views.ts';

/** The possible effects of an Enter, counted since the page was opened. */
interface Effects {
  submits: number;
  keysReceived: number;
  url: string;
  dialogs: number;
  /** Those with text of the conversion: rows of other messages come and go while a conversation is loaded. */
  messages: number;
}

function countEffects(): void {
  const counted = { submits: 0, keysReceived: 0 };
  Object.assign(globalThis, { counted });
  // Submitting a form with invalid fields causes only `invalid`.
  for (const type of ['submit', 'invalid']) addEventListener(type, () => counted.submits++, { capture: true });
  addEventListener('keydown', () => counted.keysReceived++);
}

function effects(page: Page): Promise<Effects> {
  return page.evaluate(() => ({
    ...(globalThis as unknown as { counted: Pick<Effects, 'submits' | 'keysReceived'> }).counted,
    url: location.href,
    dialogs: document.querySelectorAll('[role=dialog]').length,
    messages: [...document.querySelectorAll('article')].filter((one) => /にほ|日本/.test(one.textContent)).length,
  }));
}

const compose = (keys: CDPSession) =>
  keys.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
const commit = (keys: CDPSession) => keys.send('Input.insertText', { text: '日本' });
const enter = async (keys: CDPSession, keyCode: number) => {
  const key = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: keyCode, nativeVirtualKeyCode: keyCode };
  await keys.send('Input.dispatchKeyEvent', { type: 'keyDown', text: '\r', ...key });
  await keys.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
};

/** The orders in which browsers report the Enter that confirms a conversion. */
const orders: Readonly<Record<string, (keys: CDPSession) => Promise<void>>> = {
  'Chromium and Firefox: the key, then the end of the composition': async (keys) => {
    await compose(keys);
    await enter(keys, 229);
    await commit(keys);
  },
  'Safari: the end of the composition, then the key': async (keys) => {
    await compose(keys);
    await commit(keys);
    await enter(keys, 229);
  },
};

/** Confirms a conversion in every field of a page. Returns the fields in which that had an effect. */
async function confirmInFields(page: Page, view: string, order: (keys: CDPSession) => Promise<void>) {
  const keys = await page.context().newCDPSession(page);
  const fields = await page
    .locator('input:not([type=radio]):not([type=checkbox]), textarea')
    .filter({ visible: true })
    .all();
  const found = [];
  for (const field of fields) {
    await field.focus();
    const before = await effects(page);
    await order(keys);
    const after = await effects(page);
    const name = await field.evaluate((one) => one.getAttribute('aria-label') ?? one.id);
    if (JSON.stringify(after) !== JSON.stringify(before)) found.push({ view, name, before, after });
    expect(await field.inputValue()).toContain('日本');
  }
  await keys.detach();
  return { found, count: fields.length };
}

describeInBrowser('the Enter that confirms an input method’s conversion', () => {
  const test = testWith(async (environment: TestEnvironment) => ({ scene: await Scene.at(environment.server) }));

  for (const [name, order] of Object.entries(orders)) {
    test(`has no other effect in any field, in the order of ${name}`, async ({ environment, scene }) => {
      const { page } = await environment.window();
      await page.context().addInitScript(countEffects);
      let count = 0;
      for (const path of Object.values(firstViews)) {
        await page.goto(scene.server.url + path);
        await page.getByRole('heading').waitFor();
        const { found, count: fields } = await confirmInFields(page, path, order);
        expect(found).toEqual([]);
        count += fields;
      }
      const shell = await scene.logIn(environment.browser, {}, {});
      await shell.context().addInitScript(countEffects);
      await shell.reload();
      for (const [view, open] of Object.entries(views)) {
        await open(shell, scene);
        const { found, count: fields } = await confirmInFields(shell, view, order);
        expect(found).toEqual([]);
        count += fields;
      }
      // The fields of two forms, the filter, the composer, the search fields, the settings and the details.
      expect(count).toBeGreaterThan(20);
      await shell.context().close();
    });
  }

  test('does not send; the next Enter does', async ({ environment }) => {
    const ana = await environment.signUp('Ana-B');
    await ana.openDirect('Mira');
    const keys = await ana.context.newCDPSession(ana.page);
    await ana.box.focus();
    for (const order of Object.values(orders)) await order(keys);
    expect(await ana.page.getByRole('article').count()).toBe(0);
    await enter(keys, 13);
    await ana.message('日本日本').waitFor();
    expect(await ana.box.inputValue()).toBe('');
  });
});
