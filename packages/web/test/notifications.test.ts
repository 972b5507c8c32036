import { expect } from 'bun:test';
import type { MessageChange } from '@parley/protocol';
import { describeInBrowser, withServiceWorker } from './support/browser.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

/** What the page requested from the browser. */
interface Asked {
  permission: number;
  shown: { title: string; body: string; tag: string }[];
  /** The texts of those that were closed again. */
  closed: string[];
  /** The number of notes that were played. */
  notes: number;
}

/** Replaces notifications and records sounds, because a headless browser has neither. Runs in the page. */
function recordRequests(): void {
  const asked: Asked = { permission: 0, shown: [], closed: [], notes: 0 };
  Object.assign(globalThis, { asked });
  const all: ShownNotification[] = [];
  class ShownNotification {
    static permission = localStorage.getItem('answered') ?? 'default';
    onclick = null;
    onclose: (() => void) | null = null;
    readonly data: unknown;
    readonly body: string;
    constructor(title: string, { body = '', tag = '', data }: NotificationOptions) {
      asked.shown.push({ title, body, tag });
      all.push(this);
      this.data = data;
      this.body = body;
    }
    close(): void {
      asked.closed.push(this.body);
      this.onclose?.();
    }
    static async requestPermission(): Promise<string> {
      asked.permission++;
      ShownNotification.permission = 'granted';
      localStorage.setItem('answered', 'granted');
      return 'granted';
    }
  }
  Object.assign(globalThis, { Notification: ShownNotification, dismissLast: () => all.at(-1)?.onclose?.() });
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function begin(this: OscillatorNode, when?: number) {
    asked.notes++;
    start.call(this, when);
  };
}

/** Ana in a browser that records notifications and sounds, in a group and a direct chat with Mira. */
async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const ana = await environment.signUp('Ana', server.url, withServiceWorker);
  const mira = await server.person('mira');
  const anaId = await environment.idOf('ana');
  const { id: directId } = await server.call(mira, 'openDirect', { userId: anaId });
  const { id: groupId } = await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] });
  const say = (conversationId: string, text: string) => environment.say(mira, conversationId, text);
  await say(directId, 'Hello');
  // If it arrived after the reload, the page would play a sound for it.
  await ana.inList('mira').getByText('Hello').waitFor();
  await ana.context.addInitScript(recordRequests);
  await ana.page.reload();
  await ana.inList('mira').waitFor();
  // What a page catches up with causes no notification.
  await ana.page.locator('.connection-bar[data-state=live]').waitFor({ state: 'attached' });
  const asked = () => ana.page.evaluate(() => (globalThis as unknown as { asked: Asked }).asked);
  const untilShown = (body: string) =>
    until(`a notification of “${body}”`, asked, ({ shown }) => shown.some((one) => one.body.includes(body)));
  /** Writes a message and accepts the offer of notifications. */
  const turnOn = async () => {
    await ana.open('mira');
    await ana.write('Hello Mira');
    await ana.page.getByRole('button', { name: 'Turn on notifications' }).click();
    await ana.page.getByRole('region', { name: 'Notifications' }).waitFor({ state: 'detached' });
  };
  /** Leaves the open conversation. Messages of it cause notifications from then on. */
  const openSettings = async () => {
    await ana.page.getByRole('link', { name: 'Settings' }).click();
    // The engine, which returns them, has learnt before what the person looks at.
    await ana.page.getByRole('region', { name: 'Sessions' }).getByText('this device').waitFor();
  };
  /** Mira changes one of her messages in the group. */
  const amend = (seq: number, change: MessageChange) =>
    server.call(mira, 'amendMessage', { conversationId: groupId, seq, amendmentId: crypto.randomUUID(), change });
  return { ana, directId, groupId, say, amend, asked, untilShown, turnOn, openSettings };
}

describeInBrowser('notifications', () => {
  const test = testWith(setUp);

  test('are requested by a click on an offer after the first message, and never on load', async ({ ana, asked }) => {
    const { page } = ana;
    const offer = page.getByRole('region', { name: 'Notifications' });
    await ana.open('mira');
    expect(await offer.count()).toBe(0);
    await ana.write('Hello Mira');
    await offer.getByText('be notified of new messages').waitFor();
    expect((await asked()).permission).toBe(0);
    await offer.getByRole('button', { name: 'Turn on notifications' }).click();
    await offer.waitFor({ state: 'detached' });
    expect((await asked()).permission).toBe(1);
    await page.reload();
    await ana.write('Once more');
    await ana.message('Once more').getByRole('img', { name: 'Sent' }).waitFor();
    expect(await offer.count()).toBe(0);
    expect((await asked()).permission).toBe(0);
  });

  test('appear with a sound for messages that are not on the screen, and for no others', async ({
    ana,
    asked,
    directId,
    groupId,
    say,
    turnOn,
    untilShown,
  }) => {
    await turnOn();
    await say(directId, 'You see this');
    await ana.message('You see this').waitFor();
    await say(groupId, 'Not on the screen');
    await untilShown('Not on the screen');
    const { shown, notes } = await asked();
    expect(shown).toEqual([{ title: 'Harbour', body: '\u2068mira\u2069: Not on the screen', tag: groupId }]);
    expect(notes).toBe(2);
  });

  test('appear without a sound when the sound is turned off', async ({
    ana,
    asked,
    groupId,
    say,
    turnOn,
    openSettings,
    untilShown,
  }) => {
    const { page } = ana;
    await turnOn();
    await openSettings();
    await page.getByLabel('Play a sound').uncheck();
    await say(groupId, 'Quietly');
    await untilShown('Quietly');
    expect((await asked()).notes).toBe(0);
  });

  test('do not appear for a muted conversation', async (scene) => {
    const { ana, asked, directId, groupId, say, turnOn, openSettings, untilShown } = scene;
    const { page } = ana;
    await turnOn();
    await ana.open('Harbour');
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    await page.getByRole('button', { name: 'Mute' }).click();
    await openSettings();
    const before = await asked();
    await say(groupId, 'Nobody hears this');
    await ana.inList('Harbour').getByText('Nobody hears this').waitFor();
    // Notifications appear in order: one for the muted conversation would be here by now.
    await say(directId, 'This is heard');
    await untilShown('This is heard');
    const { shown, notes } = await asked();
    expect(shown.slice(before.shown.length)).toEqual([{ title: 'mira', body: 'This is heard', tag: directId }]);
    expect(notes - before.notes).toBe(2);
  });

  test('show hostile text literally, shortened after a whole character', async ({
    asked,
    directId,
    say,
    turnOn,
    openSettings,
    untilShown,
  }) => {
    await turnOn();
    await openSettings();
    // The limit is inside an emoji.
    const text = `<b>&amp;\u202e${'\u0301'.repeat(290)}😀${'\u0301'.repeat(9_000)}`;
    await say(directId, text);
    await untilShown('<b>');
    const body = (await asked()).shown.at(-1)?.body ?? '';
    expect(body).toBe(text.slice(0, 299));
  });

  test('are closed when their message is deleted, and no others', async (scene) => {
    const { directId, groupId, say, amend, asked, untilShown, turnOn, openSettings } = scene;
    await turnOn();
    await openSettings();
    await say(directId, 'This stays');
    const { seq: replaced } = await say(groupId, 'Replaced by the next');
    const { seq } = await say(groupId, 'Not for you');
    await untilShown('This stays');
    await untilShown('Not for you');
    await amend(replaced, { kind: 'delete' });
    await amend(seq, { kind: 'delete' });
    const { closed } = await until('a closed notification', asked, (all) => all.closed.length > 0);
    expect(closed).toEqual(['\u2068mira\u2069: Not for you']);
  });

  test('show the new text of an edited message, without a sound, unless they were closed or replaced', async (scene) => {
    const { ana, groupId, say, amend, asked, untilShown, turnOn, openSettings } = scene;
    await turnOn();
    await openSettings();
    const { seq: replaced } = await say(groupId, 'Replaced by the next');
    const { seq } = await say(groupId, 'Bring the tabels');
    await untilShown('tabels');
    const { notes } = await asked();
    await amend(replaced, { kind: 'edit', text: 'Not shown again' });
    await amend(seq, { kind: 'react', emoji: '🎉', set: true });
    await amend(seq, { kind: 'edit', text: 'Bring the **tables**' });
    await untilShown('tables');
    await ana.page.evaluate(() => (globalThis as unknown as { dismissLast(): void }).dismissLast());
    await amend(seq, { kind: 'edit', text: 'Not shown any more' });
    await ana.inList('Harbour').getByText('Not shown any more').waitFor();
    const { shown, closed, notes: notesAfter } = await asked();
    const texts = ['Replaced by the next', 'Bring the tabels', 'Bring the tables'];
    expect(shown).toEqual(texts.map((text) => ({ title: 'Harbour', body: `\u2068mira\u2069: ${text}`, tag: groupId })));
    expect({ closed, notes: notesAfter }).toEqual({ closed: [], notes });
    expect(ana.faults).toEqual([]);
  });

  test('can be turned off again', async ({ ana, asked, directId, say, turnOn, openSettings }) => {
    const { page } = ana;
    await turnOn();
    await openSettings();
    await page.getByLabel('Show notifications').uncheck();
    const before = await asked();
    await say(directId, 'Only heard');
    await until('the sound', asked, ({ notes }) => notes > before.notes);
    expect((await asked()).shown).toEqual(before.shown);
    expect(ana.faults).toEqual([]);
  });
});
