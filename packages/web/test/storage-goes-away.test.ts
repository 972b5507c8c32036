import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import {
  browserOfFile,
  describeInBrowser,
  describeWith,
  launchWithProfile,
  openWindow,
  wholeChromium,
  withServiceWorker,
} from './support/browser.ts';
import { Network } from './support/network.ts';
import { PersonInBrowser } from './support/person.ts';
import { until } from './support/until.ts';

const browser = browserOfFile();
let server: RunningServer;
let network: Network;
let mira: Person;
let people = 0;
let messages = 0;
const contexts: BrowserContext[] = [];

/** Signs up a person and opens a direct chat with Mira. */
async function somebody(isShared: boolean, prepare?: () => void): Promise<PersonInBrowser> {
  const { context, page, faults } = await openWindow(await browser(), withServiceWorker);
  contexts.push(context);
  if (!isShared) await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'SharedWorker'));
  if (prepare) await context.addInitScript(prepare);
  return atMira(await PersonInBrowser.signUpAt(context, page, network.url, `Ana${++people}`, faults));
}

async function atMira(person: PersonInBrowser): Promise<PersonInBrowser> {
  await person.openDirect('mira');
  await person.write('Hello');
  await until(
    'the server to have the first message',
    () => textsOf(person),
    ({ length }) => length === 1,
  );
  return person;
}

async function conversationOf({ name }: PersonInBrowser): Promise<string> {
  const [found] = (await server.call(mira, 'userSearch', { q: name })).users;
  return (await server.call(mira, 'openDirect', { userId: found?.id ?? '' })).id;
}

/** The messages of the person's chat with Mira that the server has. */
async function textsOf(person: PersonInBrowser): Promise<string[]> {
  const conversationId = await conversationOf(person);
  const { entries } = await server.call(mira, 'getHistory', { conversationId });
  return entries.flatMap((entry) => (entry.kind === 'message' ? [entry.text] : []));
}

async function answer(person: PersonInBrowser, text: string): Promise<void> {
  const conversationId = await conversationOf(person);
  await server.call(mira, 'sendMessage', { conversationId, clientMessageId: `m${++messages}`, text });
  await person.message(text).waitFor();
}

/** Deletes all data of the site, as the browser's settings do. */
async function clearSiteData(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
}

async function deleteDatabases(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (const { name } of await indexedDB.databases()) {
      await new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name ?? '');
        request.onsuccess = resolve;
        request.onerror = reject;
      });
    }
  });
}

/** Expects that each message is sent once, that no sent text returns to the box, and that nothing fails. */
async function talksOn(person: PersonInBrowser, texts: readonly string[]): Promise<void> {
  const before = await textsOf(person);
  for (const text of texts) {
    await person.write(text);
    await person
      .message(text)
      .getByRole('img', { name: /Sent|Read/ })
      .waitFor();
    expect(await person.box.inputValue()).toBe('');
    // This would send a text again that had returned to the box.
    await person.box.press('Enter');
  }
  await answer(person, `Answer to ${texts.at(-1)}`);
  expect(await textsOf(person)).toEqual([...before, ...texts, `Answer to ${texts.at(-1)}`]);
  expect(await person.box.inputValue()).toBe('');
  expect(await person.page.getByText('Not sent').count()).toBe(0);
}

const notice = (person: PersonInBrowser) => person.page.getByText('The browser does not store data for this page');

describeInBrowser('storage that goes away', () => {
  beforeAll(async () => {
    server = await RunningServer.start();
    network = new Network(Number(new URL(server.url).port));
    mira = await server.person('mira');
  });
  afterEach(async () => {
    network.mend();
    for (const context of contexts.splice(0)) await context.close();
  });
  afterAll(async () => {
    network.close();
    await server.stop();
  });

  for (const isShared of [true, false]) {
    const where = isShared ? 'in the shared worker' : 'in the page';
    for (const { what, remove } of [
      { what: 'the site’s data is deleted', remove: clearSiteData },
      { what: 'the databases are deleted', remove: deleteDatabases },
    ]) {
      test(`each message is sent once after ${what}, and the page can be reloaded, ${where}`, async () => {
        const ana = await somebody(isShared);
        await remove(ana.page);
        await talksOn(ana, ['One', 'Two']);
        await remove(ana.page);
        await talksOn(ana, ['Three']);
        await ana.page.reload();
        await ana.message('Answer to Three').waitFor();
        await talksOn(ana, ['Four']);
        expect(await notice(ana).count()).toBe(0);
        expect(ana.faults).toEqual([]);
      });
    }

    test(`unsent messages are sent once although the site’s data is deleted, ${where}`, async () => {
      const ana = await somebody(isShared);
      network.cut();
      await ana.page.getByText('No connection').waitFor();
      await ana.write('Waiting');
      await ana.message('Waiting').getByRole('img', { name: 'Waiting for the connection' }).waitFor();
      await clearSiteData(ana.page);
      await ana.write('Waiting too');
      await ana.message('Waiting too').getByRole('img', { name: 'Waiting for the connection' }).waitFor();
      expect(await ana.box.inputValue()).toBe('');
      network.mend();
      await ana
        .message('Waiting too')
        .getByRole('img', { name: /Sent|Read/ })
        .waitFor();
      expect(await textsOf(ana)).toEqual(['Hello', 'Waiting', 'Waiting too']);
      await talksOn(ana, ['After']);
    });

    test(`each message is sent once when the storage is full, ${where}`, async () => {
      const ana = await somebody(isShared);
      const session = await ana.context.newCDPSession(ana.page);
      const { origin } = new URL(ana.page.url());
      await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
      await talksOn(ana, ['x'.repeat(9_000), 'Two', 'Three']);
      await session.send('Storage.overrideQuotaForOrigin', { origin });
      await talksOn(ana, ['Four']);
      expect(ana.faults).toEqual([]);
    });
  }

  test('while the stored session cannot be read, drafts are kept, and the person need not log in', async () => {
    const ana = await somebody(false, () => {
      const open = IDBFactory.prototype.open;
      IDBFactory.prototype.open = function (...given) {
        if (localStorage.getItem('unreadable')) throw new DOMException('Internal error', 'UnknownError');
        return open.apply(this, given);
      };
    });
    await ana.box.fill('half a sentence');
    await until(
      'the draft to be stored',
      () => ana.page.evaluate(() => JSON.stringify(localStorage)),
      (stored) => stored.includes('half a sentence'),
    );
    await ana.page.evaluate(() => localStorage.setItem('unreadable', 'yes'));
    await ana.page.reload();
    await ana.page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    expect(await ana.page.evaluate(() => JSON.stringify(localStorage))).toContain('half a sentence');
    await ana.page.evaluate(() => localStorage.removeItem('unreadable'));
    await ana.box.waitFor();
    expect(await ana.box.inputValue()).toBe('half a sentence');
  });

  test('a page that may store nothing says so and works otherwise', async () => {
    const ana = await somebody(false, () => {
      const refuse = () => {
        throw new DOMException('Access is denied for this document.', 'SecurityError');
      };
      for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches']) {
        Object.defineProperty(globalThis, name, { get: refuse });
      }
    });
    await notice(ana).waitFor();
    await talksOn(ana, ['One', 'Two']);
    await ana.page.getByRole('link', { name: 'Settings' }).click();
    await ana.page.getByLabel('Play a sound').uncheck();
    await ana.page.getByRole('button', { name: 'Log out' }).click();
    await ana.page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    expect(ana.faults).toEqual([]);
  });

  describeWith([wholeChromium], 'by its settings', () => {
    test('people can talk in a browser that blocks all site data, which shows that nothing is stored', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'parley-web-'));
      try {
        mkdirSync(join(folder, 'Default'), { recursive: true });
        const blocked = { profile: { default_content_setting_values: { cookies: 2 } } };
        writeFileSync(join(folder, 'Default', 'Preferences'), JSON.stringify(blocked));
        const context = await launchWithProfile(folder);
        contexts.push(context);
        const page = await context.newPage();
        await page.goto(network.url);
        const isDenied = await page.evaluate(() => {
          try {
            return localStorage === null;
          } catch {
            return true;
          }
        });
        expect(isDenied).toBe(true);
        const ana = await atMira(await PersonInBrowser.signUpAt(context, page, network.url, `Ana${++people}`));
        await notice(ana).waitFor();
        await talksOn(ana, ['One', 'Two']);
      } finally {
        for (const context of contexts.splice(0)) await context.close();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
});
