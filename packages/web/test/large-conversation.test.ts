import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { ConversationsUnderTest } from '../../server/test/contract/conversations-under-test.ts';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import { browserOfFile, describeInBrowser } from './support/browser.ts';
import { marksOf, recordPassing } from './support/passing.ts';
import { PersonInBrowser } from './support/person.ts';
import { untilInView } from './support/places.ts';

const messageCount = 100_000;
const unreadFrom = 60_000;
const nodesMax = 200;
const stepPx = 1_500;
/** A thousand frames, most with a page of history, take five minutes and more on a machine whose cores are busy. */
const scrollingTimeoutMs = 900_000;

const browser = browserOfFile();
let server: RunningServer;
let ana: PersonInBrowser;
let eve: Person;
let conversationId: string;

describeInBrowser('a conversation of 100,000 messages', () => {
  beforeAll(async () => {
    server = await RunningServer.start();
    ana = await PersonInBrowser.signUp(await browser(), server.url, 'Ana');
    eve = await server.person('eve');
    const conversations = new ConversationsUnderTest(server.adapters);
    const [account] = (await server.call(eve, 'userSearch', { q: 'ana' })).users;
    if (!account) throw new Error('Ana has no account');
    conversationId = await conversations.create(eve.account.id, { name: 'Long', userIds: [account.id] });
    for (let from = 1; from <= messageCount; from += 1_000) {
      await conversations.carryOut(
        ...Array.from({ length: 1_000 }, (_, index) => ({
          kind: 'send' as const,
          conversationId,
          actorId: eve.account.id,
          commandId: `m${from + index}`,
          text: `message ${from + index}`,
        })),
      );
    }
    await ana.page.reload();
    const position = { conversationId, seq: unreadFrom };
    await ana.page.evaluate(tokenOf).then((token) => server.call({ ...eve, token }, 'markRead', position));
    await ana.page.reload();
  });
  afterAll(() => server.stop());

  test('opens at the first unread message, below the mark of new messages', async () => {
    const { page } = ana;
    // What the browser has stored may be from before the position was set.
    const unread = (messageCount - unreadFrom + 1).toLocaleString('en-GB');
    await ana
      .inList('Long')
      .getByRole('img', { name: `${unread} unread messages`, exact: true })
      .waitFor();
    await page.evaluate(countNodes);
    await ana.open('Long');
    await page.getByRole('separator', { name: 'New messages' }).waitFor();
    await ana.message(`message ${unreadFrom}`).first().waitFor();
    await untilInView('the mark of new messages', page.getByRole('separator', { name: 'New messages' }));
    // At no time were there more: it did not open at another part of the conversation first.
    const { nodesMost, drawn } = await page.evaluate(() => (globalThis as unknown as { opening: Opening }).opening);
    expect(nodesMost).toBeLessThanOrEqual(nodesMax);
    expect(drawn.filter((number) => Math.abs(number - unreadFrom) > nodesMax)).toEqual([]);
  });

  test('opens at the message of a link, wherever it is, with only the part around it', async () => {
    const { page } = ana;
    await recordPassing(page);
    // The number of a message is greater by one than that in its text: the creation of the group is the first entry.
    for (const number of [1, 31_337, 90_000]) {
      await page.goto(`${server.url}/c/${conversationId}/${number + 1}`);
      const message = page.getByRole('article').filter({ has: page.getByText(`message ${number}`, { exact: true }) });
      await untilInView(`message ${number}`, message);
      expect(await marksOf(page)).toEqual([`message ${number}`]);
      expect(await page.getByRole('article').count()).toBeLessThanOrEqual(nodesMax);
    }
    await page.goto(`${server.url}/`);
    await ana.open('Long');
  });

  test(
    `is scrolled from end to start with at most ${nodesMax} messages in the document, without a gap`,
    async () => {
      const { page } = ana;
      await page.getByRole('button', { name: /new message/ }).click();
      await ana.message(`message ${messageCount}`).waitFor();
      const walk = await page.evaluate(walkToStart);
      console.log(`${walk.steps} steps, at most ${walk.nodesMost} messages in the document`);
      expect(walk.leftOut).toEqual([]);
      expect(walk.nodesMost).toBeLessThanOrEqual(nodesMax);
      expect(walk.lowest).toBe(1);
      await page.getByText(/^This is where/).waitFor();
    },
    scrollingTimeoutMs,
  );

  test(
    'takes no more memory after scrolling there and back ten times',
    async () => {
      const { page } = ana;
      const walk = (direction: 1 | -1) =>
        page.getByRole('log').evaluate(async (list, by) => {
          for (let step = 0; step < 25; step++) {
            list.scrollBy({ top: by, behavior: 'instant' });
            await new Promise((drawn) => requestAnimationFrame(drawn));
          }
        }, direction * stepPx);
      const sizes: number[] = [];
      for (let pass = 0; pass < 10; pass++) {
        await walk(1);
        await walk(-1);
        sizes.push(await heapBytes(page));
      }
      console.log(`heap after each walk, MB: ${sizes.map((size) => (size / 1e6).toFixed(1)).join(' ')}`);
      expect(Math.min(...sizes.slice(-3))).toBeLessThanOrEqual(Math.max(...sizes.slice(0, 3)) * 1.1);
    },
    scrollingTimeoutMs,
  );
});

interface Opening {
  /** The most messages that were in the document. */
  nodesMost: number;
  /** The numbers of all messages that were rendered. */
  drawn: number[];
}

/** Records the messages that are rendered from now on, and the most at a time. Runs in the page. */
function countNodes(): void {
  const drawn = new Set<number>();
  const opening: Opening = { nodesMost: 0, drawn: [] };
  Object.assign(globalThis, { opening });
  new MutationObserver(() => {
    const texts = [...document.querySelectorAll('article .message-text')];
    opening.nodesMost = Math.max(opening.nodesMost, texts.length);
    for (const text of texts) drawn.add(Number(text.textContent?.replace('message ', '')));
    opening.drawn = [...drawn];
  }).observe(document.body, { childList: true, subtree: true });
}

/** The session's token, from the SDK's store. Runs in the page. */
function tokenOf(): Promise<string> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('parley');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const asking = opening.result.transaction('values').objectStore('values').get('session');
      asking.onsuccess = () => resolve(asking.result.token);
    };
  });
}

interface Walk {
  steps: number;
  nodesMost: number;
  lowest: number;
  /** Gaps between rendered messages, and steps that skipped more than a timeline holds. */
  leftOut: string[];
}

/** Scrolls to the start of the loaded part until that is the start of the conversation. Runs in the page. */
async function walkToStart(): Promise<Walk> {
  const list = document.querySelector('[role=log]');
  if (!list) throw new Error('no conversation is open');
  // On a busy machine several pages can arrive between two frames.
  const heldMost = 1_200;
  const numbers = () =>
    [...list.querySelectorAll('article .message-text')].map((text) =>
      Number(text.textContent?.replace('message ', '')),
    );
  const walk: Walk = { steps: 0, nodesMost: 0, lowest: numbers()[0] ?? 0, leftOut: [] };
  const drawn = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const countNodes = () => {
    walk.nodesMost = Math.max(walk.nodesMost, document.querySelectorAll('article').length);
  };
  new MutationObserver(countNodes).observe(document.body, { childList: true, subtree: true });
  while (walk.lowest > 1) {
    list.scrollTo({ top: 0, behavior: 'instant' });
    await drawn();
    const shown = numbers();
    const first = shown[0] ?? walk.lowest;
    if (shown.some((number, index) => number !== first + index)) walk.leftOut.push(`between ${shown.join(', ')}`);
    if (walk.lowest - first > heldMost) walk.leftOut.push(`between ${first} and ${walk.lowest}`);
    walk.lowest = Math.min(walk.lowest, first);
    walk.steps++;
    if (walk.steps === 20_000) throw new Error(`20,000 steps up did not reach the start, only message ${walk.lowest}`);
  }
  return walk;
}

/** The size of the heap after garbage collection. */
async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}
