import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import { browserOfFile, describeInBrowser, openWindow, withServiceWorker } from './support/browser.ts';
import { Network } from './support/network.ts';
import { PersonInBrowser } from './support/person.ts';
import { runInSharedWorkers } from './support/shared-worker.ts';

const minuteMs = 60_000;
const browser = browserOfFile();
let server: RunningServer;
let mira: Person;
let people = 0;
let messages = 0;
let current: PersonInBrowser | null = null;

/** Sets the wall clock of a page or a worker ahead; the monotonic clock stays as it is. */
function setClock(aheadMs: number): void {
  const { dateNow = Date.now, realDate = Date } = globalThis as { dateNow?: () => number; realDate?: DateConstructor };
  const now = () => dateNow() + aheadMs;
  class SetDate extends realDate {
    constructor(...given: [number]) {
      super(...((given as unknown[]).length === 0 ? ([now()] as [number]) : given));
    }
    static override now(): number {
      return now();
    }
  }
  Object.assign(globalThis, { dateNow, realDate, Date: SetDate });
}

/** Records the notifications that a page would show, with permission granted. */
function keepNotifications(): void {
  const shown: string[] = [];
  class ShownNotification {
    static permission = 'granted';
    constructor(_title: string, { body = '' }: NotificationOptions) {
      shown.push(body);
    }
  }
  Object.assign(globalThis, { shown, Notification: ShownNotification });
}

/** Turns notifications on in the account's preferences, and reloads the page. Resolves when it is connected again. */
async function turnOnNotifications({ page, name }: PersonInBrowser): Promise<void> {
  const [found] = (await server.call(mira, 'userSearch', { q: name })).users;
  await page.evaluate(([key, chosen]) => localStorage.setItem(key, chosen), [
    `parley-preferences ${found?.id}`,
    JSON.stringify({ notifications: true, askedForNotifications: true }),
  ] as const);
  await page.reload();
  // A page without conversations shows it when it has caught up: what arrives before causes no notification.
  await page.getByRole('heading', { name: 'Start a conversation' }).waitFor();
}

interface Window {
  url?: string;
  isShared: boolean;
}

/** A person whose page shows no conversation, so that every message causes a notification. */
async function somebody({ url = server.url, isShared }: Window): Promise<PersonInBrowser> {
  const name = `Ana${++people}`;
  const { context, page, faults } = await openWindow(await browser(), withServiceWorker);
  if (!isShared) await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'SharedWorker'));
  await context.addInitScript(keepNotifications);
  current = await PersonInBrowser.signUpAt(context, page, url, name, faults);
  return current;
}

async function setClocks({ page }: PersonInBrowser, isShared: boolean, aheadMs: number): Promise<void> {
  await page.evaluate(setClock, aheadMs);
  if (isShared) await runInSharedWorkers(await browser(), `(${setClock})(${aheadMs})`);
}

async function write(to: PersonInBrowser, text: string): Promise<void> {
  const [found] = (await server.call(mira, 'userSearch', { q: to.name })).users;
  const { id } = await server.call(mira, 'openDirect', { userId: found?.id ?? '' });
  await server.call(mira, 'sendMessage', { conversationId: id, clientMessageId: `m${++messages}`, text });
}

async function untilShown(page: Page, text: string): Promise<void> {
  await page
    .waitForFunction((wanted) => (globalThis as unknown as { shown: string[] }).shown.includes(wanted), text)
    .catch((cause: unknown) => {
      throw new Error(`no notification “${text}” was shown`, { cause });
    });
}

/** The time that is shown beside a message. */
async function shownAtMs(person: PersonInBrowser, text: string): Promise<number> {
  return Date.parse((await person.message(text).locator('time').getAttribute('datetime')) ?? '');
}

describeInBrowser('a computer whose clock is wrong', () => {
  beforeAll(async () => {
    server = await RunningServer.start();
    mira = await server.person('mira');
  });
  afterEach(async () => {
    await current?.context.close();
    current = null;
  });
  afterAll(() => server.stop());

  for (const isShared of [true, false]) {
    const where = isShared ? 'in the shared worker' : 'without shared workers';
    for (const { what, aheadMs } of [
      { what: 'two minutes ahead', aheadMs: 2 * minuteMs },
      { what: 'a day ahead', aheadMs: 24 * 60 * minuteMs },
      { what: 'an hour behind', aheadMs: -60 * minuteMs },
    ]) {
      test(`shows notifications when it is ${what}, ${where}`, async () => {
        const ana = await somebody({ isShared });
        await turnOnNotifications(ana);
        await setClocks(ana, isShared, aheadMs);
        await write(ana, what);
        await untilShown(ana.page, what);
        expect(ana.faults).toEqual([]);
      });
    }

    test(`shows the person’s own messages with the server’s time, also unsent ones, ${where}`, async () => {
      const network = new Network(Number(new URL(server.url).port));
      try {
        const ana = await somebody({ url: network.url, isShared });
        await write(ana, 'Before');
        await ana.open('mira');
        await setClocks(ana, isShared, 3 * 24 * 60 * minuteMs);
        network.cut();
        await ana.page.getByText('No connection').waitFor();
        await ana.write('On its way');
        const [before, after] = [await shownAtMs(ana, 'Before'), await shownAtMs(ana, 'On its way')];
        expect(after).toBeGreaterThanOrEqual(before);
        expect(after).toBeLessThan(before + 60 * minuteMs);
      } finally {
        network.close();
      }
    });
  }

  test('notices a dead connection although it is set back by an hour', async () => {
    const network = new Network(Number(new URL(server.url).port));
    try {
      const ana = await somebody({ url: network.url, isShared: true });
      network.hold();
      await setClocks(ana, true, -60 * minuteMs);
      await ana.page.getByText(/^(No connection|Connecting)/).waitFor({ timeout: 120_000 });
      network.mend();
      await write(ana, 'Back again');
      await ana.inList('mira').getByText('Back again').waitFor({ timeout: 120_000 });
    } finally {
      network.close();
    }
  });
});
