import { expect } from 'bun:test';
import { describeInBrowser } from './support/browser.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

/** What the page requested from the browser. */
interface Asked {
  permission: number;
  shown: { title: string; body: string }[];
  /** The number of notes that were played. */
  notes: number;
}

/** Replaces notifications and records sounds, because a headless browser has neither. Runs in the page. */
function recordRequests(): void {
  const asked: Asked = { permission: 0, shown: [], notes: 0 };
  Object.assign(globalThis, { asked });
  class ShownNotification {
    static permission = localStorage.getItem('answered') ?? 'default';
    onclick = null;
    constructor(title: string, { body = '' }: NotificationOptions) {
      asked.shown.push({ title, body });
    }
    static async requestPermission(): Promise<string> {
      asked.permission++;
      ShownNotification.permission = 'granted';
      localStorage.setItem('answered', 'granted');
      return 'granted';
    }
  }
  Object.assign(globalThis, { Notification: ShownNotification });
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function begin(this: OscillatorNode, when?: number) {
    asked.notes++;
    start.call(this, when);
  };
}

/** Ana in a browser that records notifications and sounds, in a group and a direct chat with Mira. */
async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const ana = await environment.signUp('Ana');
  const mira = await server.person('mira');
  const anaId = await environment.idOf('ana');
  const { id: directId } = await server.call(mira, 'openDirect', { userId: anaId });
  const { id: groupId } = await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] });
  const say = (conversationId: string, text: string) => environment.say(mira, conversationId, text);
  await say(directId, 'Hello');
  await ana.context.addInitScript(recordRequests);
  await ana.page.reload();
  await ana.inList('mira').waitFor();
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
  return { ana, directId, groupId, say, asked, untilShown, turnOn };
}

describeInBrowser('notifications', () => {
  const test = testWith(setUp);

  test('are requested by a click on an offer after the first message, and never on load', async ({ ana, asked }) => {
    const { page } = ana;
    const offer = page.getByRole('region', { name: 'Notifications' });
    await ana.open('mira');
    expect(await offer.count()).toBe(0);
    await ana.write('Hello Mira');
    await offer.getByText('Know when somebody writes').waitFor();
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
    expect(shown).toEqual([{ title: 'Harbour', body: '\u2068mira\u2069: Not on the screen' }]);
    expect(notes).toBe(2);
  });

  test('appear without a sound when the sound is turned off', async ({
    ana,
    asked,
    groupId,
    say,
    turnOn,
    untilShown,
  }) => {
    const { page } = ana;
    await turnOn();
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('Play a sound').uncheck();
    await say(groupId, 'Quietly');
    await untilShown('Quietly');
    expect((await asked()).notes).toBe(0);
  });

  test('do not appear for a muted conversation', async ({ ana, asked, directId, groupId, say, turnOn, untilShown }) => {
    const { page } = ana;
    await turnOn();
    await ana.open('Harbour');
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    await page.getByRole('button', { name: 'Mute' }).click();
    await page.getByRole('link', { name: 'Settings' }).click();
    const before = await asked();
    await say(groupId, 'Nobody hears this');
    await ana.inList('Harbour').getByText('Nobody hears this').waitFor();
    // Notifications appear in order: one for the muted conversation would be here by now.
    await say(directId, 'This is heard');
    await untilShown('This is heard');
    const { shown, notes } = await asked();
    expect(shown.slice(before.shown.length)).toEqual([{ title: 'mira', body: 'This is heard' }]);
    expect(notes - before.notes).toBe(2);
  });

  test('show hostile text literally, shortened after a whole character', async ({
    ana,
    asked,
    directId,
    say,
    turnOn,
    untilShown,
  }) => {
    await turnOn();
    await ana.page.getByRole('link', { name: 'Settings' }).click();
    // The limit is inside an emoji.
    const text = `<b>&amp;\u202e${'\u0301'.repeat(290)}😀${'\u0301'.repeat(9_000)}`;
    await say(directId, text);
    await untilShown('<b>');
    const body = (await asked()).shown.at(-1)?.body ?? '';
    expect(body).toBe(text.slice(0, 299));
  });

  test('can be turned off again', async ({ ana, asked, directId, say, turnOn }) => {
    const { page } = ana;
    await turnOn();
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('Show notifications').uncheck();
    const before = await asked();
    await say(directId, 'Only heard');
    await until('the sound', asked, ({ notes }) => notes > before.notes);
    expect((await asked()).shown).toEqual(before.shown);
    expect(ana.faults).toEqual([]);
  });
});
