import { expect } from 'bun:test';
import { describeInBrowser } from './support/browser.ts';
import { type Place, testWith } from './support/place.ts';
import { testTimeoutMs } from './support/until.ts';

const messageCount = 2_000;
/** How many messages a list may have in the document, however many there are. */
const nodesMax = 200;

interface Drawn {
  /** Changes of the list that the browser was told of, each one round of drawing. */
  changes: number;
  nodesMost: number;
}

/** Ana in an open channel, in which Eve writes. */
async function setUp(place: Place) {
  const ana = await place.signUp('Ana');
  const eve = await place.server.person('eve');
  const { id: channelId } = await place.server.call(eve, 'createChannel', { name: 'Flood' });
  await ana.page.getByRole('link', { name: 'Browse channels' }).click();
  await ana.page.getByRole('button', { name: 'Join', exact: true }).click();
  await ana.box.waitFor();
  return { ana, eve, channelId };
}

/** Counts how often the list of messages changes, and how many it has at most. Runs in the page. */
function countDrawing(): void {
  const list = document.querySelector('[role=log]');
  if (!list) throw new Error('no conversation is open');
  const drawn: Drawn = { changes: 0, nodesMost: 0 };
  Object.assign(globalThis, { drawn });
  new MutationObserver(() => {
    drawn.changes++;
    drawn.nodesMost = Math.max(drawn.nodesMost, list.querySelectorAll('article').length);
  }).observe(list, { childList: true, subtree: true });
}

describeInBrowser('a flood of messages in the open channel', () => {
  const test = testWith(setUp);

  test('is drawn by many at once, and takes no letter from who types', async ({ ana, eve, channelId, place }) => {
    const { page } = ana;
    await page.evaluate(countDrawing);
    const texts = Array.from({ length: messageCount }, (_, index) => `drop ${index}`);
    const flood = place.sayAll(eve, channelId, texts);
    const typed = 'typing goes on while messages rush by, letter after letter';
    await ana.box.pressSequentially(typed, { timeout: testTimeoutMs });
    await flood;
    await ana.message(`drop ${messageCount - 1}`).waitFor();
    expect(await ana.box.inputValue()).toBe(typed);
    const drawn = await page.evaluate(() => (globalThis as unknown as { drawn: Drawn }).drawn);
    console.log(`${messageCount} messages: ${drawn.changes} changes, at most ${drawn.nodesMost} in the document`);
    expect(drawn.changes).toBeLessThan(messageCount / 2);
    expect(drawn.nodesMost).toBeLessThanOrEqual(nodesMax);
  });
});
