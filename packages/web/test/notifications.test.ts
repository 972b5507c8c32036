import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import { browserOfFile, describeInBrowser } from './support/browser.ts';
import { PersonInBrowser } from './support/person.ts';

/** What the page asked the browser for. */
interface Asked {
  permission: number;
  shown: { title: string; body: string }[];
  /** Notes of the sound, each started once. */
  notes: number;
}

const browser = browserOfFile();
let server: RunningServer;
let ana: PersonInBrowser;
let mira: Person;
let directId: string;
let groupId: string;
let lastMessage = 0;

function say(conversationId: string, text: string) {
  return server.call(mira, 'sendMessage', { conversationId, clientMessageId: `m${++lastMessage}`, text });
}

function asked(): Promise<Asked> {
  return ana.page.evaluate(() => (globalThis as unknown as { asked: Asked }).asked);
}

async function waitForShown(body: string): Promise<void> {
  await ana.page.waitForFunction(
    (wanted) => (globalThis as unknown as { asked: Asked }).asked.shown.some((one) => one.body.includes(wanted)),
    body,
  );
}

/** What stands for the system's notifications and loudspeakers, which a browser without a window has none of. */
function countWhatIsAsked(): void {
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

describeInBrowser('notifications', () => {
  beforeAll(async () => {
    server = await RunningServer.start();
    ana = await PersonInBrowser.signUp(await browser(), server.url, 'Ana');
    mira = await server.person('mira');
    const anaId = (await server.call(mira, 'userSearch', { q: 'ana' })).users[0]?.id ?? '';
    directId = (await server.call(mira, 'openDirect', { userId: anaId })).id;
    groupId = (await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] })).id;
    await say(directId, 'Hello');
    await ana.context.addInitScript(countWhatIsAsked);
    await ana.page.reload();
    await ana.inList('mira').waitFor();
  });
  afterAll(() => server.stop());

  test('are asked for once one has written, by a click, and never on load', async () => {
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

  test('tell of what is not on the screen, with a sound, and of nothing that is', async () => {
    await say(directId, 'You see this');
    await ana.message('You see this').waitFor();
    await say(groupId, 'Not on the screen');
    await waitForShown('Not on the screen');
    const { shown, notes } = await asked();
    expect(shown).toEqual([{ title: 'Harbour', body: '\u2068mira\u2069: Not on the screen' }]);
    expect(notes).toBe(2);
  });

  test('come without a sound when that is turned off', async () => {
    const { page } = ana;
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('Play a sound').uncheck();
    await say(groupId, 'Quietly');
    await waitForShown('Quietly');
    expect((await asked()).notes).toBe(2);
    await page.getByLabel('Play a sound').check();
  });

  test('of a muted conversation there are none', async () => {
    const { page } = ana;
    await ana.open('Harbour');
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    await page.getByRole('button', { name: 'Mute' }).click();
    await page.getByRole('link', { name: 'Settings' }).click();
    const before = await asked();
    await say(groupId, 'Nobody hears this');
    await ana.inList('Harbour').getByText('Nobody hears this').waitFor();
    // What is told of later comes later: the muted one would have come by now.
    await say(directId, 'This is heard');
    await waitForShown('This is heard');
    const { shown, notes } = await asked();
    expect(shown.slice(before.shown.length)).toEqual([{ title: 'mira', body: 'This is heard' }]);
    expect(notes - before.notes).toBe(2);
  });

  test('show hostile text as it is, no longer than a system shows, and whole characters of it', async () => {
    // The limit falls within an emoji.
    const text = `<b>&amp;\u202e${'\u0301'.repeat(290)}😀${'\u0301'.repeat(9_000)}`;
    await say(directId, text);
    await waitForShown('<b>');
    const body = (await asked()).shown.at(-1)?.body ?? '';
    expect(body).toBe(text.slice(0, 299));
  });

  test('can be turned off again', async () => {
    const { page } = ana;
    await page.getByLabel('Show notifications').uncheck();
    const before = await asked();
    await say(directId, 'Only heard');
    await page.waitForFunction(
      (notes) => (globalThis as unknown as { asked: Asked }).asked.notes > notes,
      before.notes,
    );
    expect((await asked()).shown).toEqual(before.shown);
    expect(ana.faults).toEqual([]);
  });
});
