import { expect } from 'bun:test';
import { describeInBrowser } from './support/browser.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { testTimeoutMs } from './support/until.ts';

const messageCount = 2_000;
/** The most messages that a list may have in the document, however long the conversation is. */
const nodesMax = 200;

interface Drawn {
  /** Mutations of the list that the observer was called for, one for each render. */
  changes: number;
  nodesMost: number;
}

/** Ana with a channel open in which Eve writes. */
async function setUp(environment: TestEnvironment) {
  const ana = await environment.signUp('Ana');
  const eve = await environment.server.person('eve');
  const { id: channelId } = await environment.server.call(eve, 'createChannel', { name: 'Flood' });
  await ana.page.getByRole('link', { name: 'Browse channels' }).click();
  await ana.page.getByRole('button', { name: 'Join', exact: true }).click();
  await ana.box.waitFor();
  return { ana, eve, channelId };
}

/** Counts changes of the list of messages, and the most messages that it has. Runs in the page. */
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

  test('is rendered in batches, and loses no letter that the person types', async ({
    ana,
    eve,
    channelId,
    environment,
  }) => {
    const { page } = ana;
    await page.evaluate(countDrawing);
    const texts = Array.from({ length: messageCount }, (_, index) => `drop ${index}`);
    const flood = environment.sayAll(eve, channelId, texts);
    const typed = 'typing works during a flood, letter after letter';
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
