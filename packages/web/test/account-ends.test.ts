import { afterAll, beforeAll, expect, test } from 'bun:test';
import { HttpApi } from '@parley/sdk';
import type { Page } from 'playwright-core';
import { RunningServer } from '../../server/test/support/running-server.ts';
import {
  browserOfFile,
  describeWith,
  openWindow,
  untilCached,
  wholeChromium,
  withServiceWorker,
} from './support/browser.ts';
import { Network } from './support/network.ts';
import { PersonInBrowser, password } from './support/person.ts';
import { until } from './support/until.ts';

const browser = browserOfFile(wholeChromium);
let server: RunningServer;
let network: Network;
/** The administrator. */
let root: HttpApi;
let count = 0;

/** Data of the browser, which is kept. Device secrets are random values that identify no account. */
const ofTheBrowser = [
  'localStorage parley-preferences',
  'sessionStorage parley.reloadedFrom',
  'parley values "deviceSecrets"',
];

/** All keys in all storage of the browser, and what the tab and its notifications show. */
function everythingIn(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const request = <Value>(asked: IDBRequest<Value>) =>
      new Promise<Value>((resolve, reject) => {
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error);
      });
    const found = [
      ...Object.keys(localStorage).map((key) => `localStorage ${key}`),
      ...Object.keys(sessionStorage).map((key) => `sessionStorage ${key}`),
    ];
    for (const { name = '' } of await indexedDB.databases()) {
      const database = await request(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const keys = await request(database.transaction(store).objectStore(store).getAllKeys());
        found.push(...keys.map((key) => `${name} ${store} ${JSON.stringify(key)}`));
      }
      database.close();
    }
    for (const name of await caches.keys()) {
      for (const { url } of await (await caches.open(name)).keys()) {
        const { pathname } = new URL(url);
        if (!/^\/(?:$|assets\/|[\w-]+\.(?:svg|js|webmanifest)$)/.test(pathname)) found.push(`cache ${pathname}`);
      }
    }
    const worker = await navigator.serviceWorker.getRegistration();
    for (const { title } of (await worker?.getNotifications()) ?? []) found.push(`notification ${title}`);
    if (document.title !== 'Parley') found.push(`title ${document.title}`);
    const icon = document.querySelector('link[rel=icon]')?.getAttribute('href');
    if (icon !== '/icon.svg') found.push(`icon ${icon}`);
    if (location.pathname.startsWith('/c/')) found.push(`address ${location.pathname}`);
    return found;
  });
}

/** Signs up a person with a draft, an unread message, a muted conversation and a visible notification. */
async function somebody(): Promise<PersonInBrowser & { id: string }> {
  const name = `Person${++count}`;
  const { context, page, faults } = await openWindow(await browser(), {
    ...withServiceWorker,
    permissions: ['notifications'],
  });
  const person = await PersonInBrowser.signUpAt(context, page, network.url, name, faults);
  await untilCached(page);
  const ben = await server.person(`ben${count}`);
  const mira = await server.person(`mira${count}`);
  const id = (await server.call(ben, 'userSearch', { q: name })).users[0]?.id ?? '';
  await person.openDirect(ben.account.username);
  await person.write('Hello');
  await person.message('Hello').getByRole('img', { name: 'Sent' }).waitFor();
  await page.getByRole('button', { name: 'Details', exact: true }).click();
  await page.getByRole('button', { name: 'Mute', exact: true }).click();
  const { id: conversationId } = await server.call(mira, 'openDirect', { userId: id });
  await server.call(mira, 'sendMessage', { conversationId, clientMessageId: 'm', text: 'Unread' });
  await page.waitForFunction(() => document.title.startsWith('(1)'));
  await person.box.fill('half a thought');
  await page.evaluate(async () => {
    await (await navigator.serviceWorker.ready).showNotification('Shown before');
  });
  expect(await everythingIn(page)).toContain('title (1) Parley');
  return Object.assign(person, { id });
}

async function untilNothingIsLeft(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
  const left = async () => (await everythingIn(page)).filter((key) => !ofTheBrowser.includes(key));
  await until('all data of the account to be removed', left, ({ length }) => length === 0);
}

async function logOut(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Log out' }).click();
}

/** The ways to end a session from another device. */
const endings: Record<string, (name: string, id: string) => Promise<unknown>> = {
  async 'its session is revoked'(name) {
    const api = await device(name);
    for (const { id, current } of (await api.call('listSessions', {})).sessions) {
      if (!current) await api.call('revokeSession', { sessionId: id });
    }
  },
  async 'its password is changed'(name) {
    const api = await device(name);
    await api.call('changePassword', { currentPassword: password, newPassword: 'another good password' });
  },
  'the account is disabled': (_, id) => root.call('setAccountDisabled', { userId: id, disabled: true }),
};

async function device(name: string): Promise<HttpApi> {
  const api = new HttpApi(server.url, { fetch });
  api.token = (await api.call('login', { username: name.toLowerCase(), password })).token;
  return api;
}

describeWith([wholeChromium], 'all data of an account is removed', () => {
  beforeAll(async () => {
    server = await RunningServer.start();
    network = new Network(Number(new URL(server.url).port));
    root = new HttpApi(server.url, { fetch });
    root.token = (await root.call('signup', { username: 'root', password })).token;
  });
  afterAll(async () => {
    network.close();
    await server.stop();
  });

  test('when the person logs out', async () => {
    const { page } = await somebody();
    await logOut(page);
    await untilNothingIsLeft(page);
  });

  test('when the person logs out in another tab', async () => {
    const { page, context } = await somebody();
    const other = await context.newPage();
    await other.goto(network.url);
    await logOut(other);
    await untilNothingIsLeft(page);
    await untilNothingIsLeft(other);
  });

  test('when the person logs out without a connection; the session ends after the reconnect', async () => {
    const { page, id } = await somebody();
    network.cut();
    try {
      await page.getByText('No connection').waitFor();
      await logOut(page);
      await untilNothingIsLeft(page);
    } finally {
      network.mend();
    }
    const sessions = () => server.adapters.users.sessions(id);
    await until('the server to end the session', sessions, ({ length }) => length === 0);
  });

  for (const [what, end] of Object.entries(endings)) {
    test(`when ${what} elsewhere while the page is open`, async () => {
      const { page, id, name } = await somebody();
      await end(name, id);
      await untilNothingIsLeft(page);
    });

    test(`when ${what} elsewhere while the page is closed`, async () => {
      const { page, context, id, name } = await somebody();
      await page.close();
      await end(name, id);
      const again = await context.newPage();
      // Not the address of the conversation: a page that is opened there without an account keeps it for the log-in.
      await again.goto(network.url);
      await untilNothingIsLeft(again);
    });
  }

  test('when its session ended before a page is opened at a conversation’s address', async () => {
    const { page, context, id } = await somebody();
    const address = page.url();
    await root.call('setAccountDisabled', { userId: id, disabled: true });
    await untilNothingIsLeft(page);
    const another = await context.newPage();
    await another.goto(address);
    await untilNothingIsLeft(another);
  });

  test('when its store was deleted and another person logs in', async () => {
    const { context, page } = await openWindow(await browser());
    await page.goto(`${network.url}/icon.svg`);
    await page.evaluate(() => {
      localStorage.setItem('parley-draft somebody conversation', JSON.stringify({ text: 'x', writes: {}, taken: {} }));
      localStorage.setItem('parley-draft conversation', 'of an earlier version');
      localStorage.setItem('parley-preferences somebody', JSON.stringify({ muted: ['conversation'] }));
    });
    const next = await PersonInBrowser.signUpAt(context, page, network.url, `Person${++count}`);
    expect(
      await next.page.evaluate(() => Object.keys(localStorage).filter((key) => key !== 'parley-preferences')),
    ).toEqual([]);
  });
});
