import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import { browserOfFile, describeInBrowser } from './support/browser.ts';
import { PersonInBrowser } from './support/person.ts';

const perSecond = 500;
const seconds = 4;
const longestTaskMaxMs = 100;

const browser = browserOfFile();
let server: RunningServer;
let ana: PersonInBrowser;
let eve: Person;

describeInBrowser('500 messages a second in the open channel', () => {
  beforeAll(async () => {
    server = await RunningServer.start();
    ana = await PersonInBrowser.signUp(await browser(), server.url, 'Ana');
    eve = await server.person('eve');
  });
  afterAll(() => server.stop());

  // Again when another program held the page's tasks up: its own work is the same each time.
  const attempts = { retry: 2 };
  test('leave typing smooth, and all of them come', attempts, async () => {
    const { page } = ana;
    const { id: conversationId } = await server.call(eve, 'createChannel', { name: 'Flood' });
    await page.getByRole('link', { name: 'Browse channels' }).click();
    await page.getByRole('button', { name: 'Join', exact: true }).click();
    await ana.box.waitFor();
    await page.evaluate(() => {
      const tasks: number[] = [];
      Object.assign(globalThis, { tasks });
      new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
        type: 'longtask',
      });
    });
    const flood = pour(conversationId);
    const typed = 'typing goes on while messages rush by, letter after letter';
    await ana.box.pressSequentially(typed, { delay: 50 });
    await flood;
    await ana.message(`drop ${perSecond * seconds - 1}`).waitFor();
    expect(await ana.box.inputValue()).toBe(typed);
    const tasks = await page.evaluate(() => (globalThis as unknown as { tasks: number[] }).tasks);
    console.log(`tasks over 50 ms: ${tasks.length}, the longest ${Math.max(0, ...tasks)} ms`);
    expect(tasks.filter((durationMs) => durationMs > longestTaskMaxMs)).toEqual([]);
  });
});

/** Writes at an even pace, over one socket, as one person after the other would. */
async function pour(conversationId: string): Promise<void> {
  const socket = await server.wire(eve);
  const startedAtMs = performance.now();
  for (let sent = 0; sent < perSecond * seconds; ) {
    const due = Math.min(perSecond * seconds, Math.ceil(((performance.now() - startedAtMs) / 1_000) * perSecond));
    for (; sent < due; sent++) {
      socket.send({
        type: 'send',
        id: `${sent}`,
        conversationId,
        clientMessageId: `drop-${sent}`,
        text: `drop ${sent}`,
      });
    }
    await Bun.sleep(5);
  }
  socket.close();
}
