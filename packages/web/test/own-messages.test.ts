import { expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { describeInBrowser } from './support/browser.ts';
import { showLatest } from './support/latest.ts';
import { untilInView } from './support/places.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

/** Ana at the end of a group of Mira's that is longer than the viewport. */
async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const network = environment.network();
  const ana = await environment.signUp('Ana', network.url);
  const mira = await server.person('mira');
  const anaId = await environment.idOf('ana');
  const { id: groupId } = await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] });
  await environment.sayAll(
    mira,
    groupId,
    Array.from({ length: 60 }, (_, index) => `line ${index}`),
  );
  await ana.open('Harbour');
  await showLatest(ana.page, (texts) => texts.at(-1) === 'line 59');
  await untilInView('the newest message', ana.message('line 59'));
  const say = (text: string) => environment.say(mira, groupId, text);
  return { ana, mira, groupId, network, server, say };
}

interface Watched {
  /** How far two messages that were in view before moved apart or together. */
  apartPx: number;
  /** The largest distance of the end of the list from the end of the viewport when a frame was made. */
  fromEndPx: number;
  /** The height of the tallest message. */
  tallestPx: number;
  frames: number;
}

type Watching = { watched: Watched; stopWatching(): void };

/** Measures the positions of the messages in view in every frame from now on. Runs in the page. */
function watchPositions(): void {
  const list = document.querySelector('[role=log]');
  if (!list) throw new Error('no conversation is open');
  const watched: Watched = { apartPx: 0, fromEndPx: 0, tallestPx: 0, frames: 0 };
  let before = new Map<Element, number>();
  let isOn = true;
  const look = () => {
    if (!isOn) return;
    const view = list.getBoundingClientRect();
    const boxes = [...list.querySelectorAll('article')].map((row) => [row, row.getBoundingClientRect()] as const);
    const inView = boxes.filter(
      // A message is hidden until it is measured.
      ([row, { top, bottom }]) =>
        top >= view.top && bottom <= view.bottom && getComputedStyle(row).visibility === 'visible',
    );
    const tops = new Map(inView.map(([row, { top }]) => [row, top]));
    watched.tallestPx = Math.max(watched.tallestPx, ...boxes.map(([, { height }]) => height));
    const moves = [...tops].flatMap(([row, top]) => {
      const earlier = before.get(row);
      return earlier === undefined ? [] : [top - earlier];
    });
    if (moves.length > 0) {
      watched.apartPx = Math.max(watched.apartPx, Math.max(...moves) - Math.min(...moves));
    }
    watched.fromEndPx = Math.max(watched.fromEndPx, list.scrollHeight - list.clientHeight - list.scrollTop);
    watched.frames++;
    before = tops;
    requestAnimationFrame(look);
  };
  const stopWatching = () => {
    isOn = false;
  };
  Object.assign(globalThis, { watched, stopWatching } satisfies Watching);
  requestAnimationFrame(look);
}

function positionsWatched(page: Page): Promise<Watched> {
  return page.evaluate(() => {
    const { watched, stopWatching } = globalThis as unknown as Watching;
    stopWatching();
    return watched;
  });
}

describeInBrowser('several own messages in a row', () => {
  const test = testWith(setUp);

  test('show the time once, and those of others the name once', async ({ ana, say }) => {
    for (const text of ['own one', 'own two', 'own three']) await ana.write(text);
    await ana.message('own three').getByRole('img', { name: 'Sent' }).waitFor();
    await say('theirs one');
    await say('theirs two');
    await ana.message('theirs two').waitFor();
    const isTimeShown = (text: string) =>
      ana
        .message(text)
        .getByRole('time')
        .evaluate((time) => getComputedStyle(time).opacity === '1');
    await ana.box.hover();
    // The pointer may have been on one of them.
    await until(
      'only the first time',
      () => Promise.all(['own one', 'own two', 'own three'].map(isTimeShown)),
      (areShown) => areShown.join() === 'true,false,false',
    );
    expect(await ana.message('theirs one').getByText('mira').count()).toBe(1);
    expect(await ana.message('theirs two').getByText('mira').count()).toBe(0);
    await ana.message('own two').hover();
    await until(
      'the time beside the pointer',
      () => isTimeShown('own two'),
      (isShown) => isShown,
    );
  });

  test('sent quickly move all messages in view by the same distance, and keep the end in view', async (given) => {
    const { ana, say, mira, groupId, server } = given;
    const { page } = ana;
    await page.evaluate(watchPositions);
    const texts = Array.from({ length: 12 }, (_, index) => `quick ${index}${'\nand more'.repeat(index % 3)}`);
    for (const [index, text] of texts.entries()) {
      await ana.write(text);
      if (index % 4 !== 3) continue;
      // A message of another member appears above own ones that are not sent yet, and moves those above it up.
      await ana.message(text).getByRole('img', { name: 'Sent' }).waitFor();
      await say(`between ${index}`);
      await ana.message(`between ${index}`).waitFor();
    }
    await ana.message('quick 11').getByRole('img', { name: 'Sent' }).waitFor();
    const { headSeq } = await server.call(mira, 'getConversation', { conversationId: groupId });
    await server.call(mira, 'markRead', { conversationId: groupId, seq: headSeq });
    await ana.message('quick 11').getByRole('img', { name: 'Read', exact: true }).waitFor();
    const watched = await positionsWatched(page);
    expect(watched.apartPx).toBeLessThanOrEqual(1);
    // A new message is measured in the frame in which it is added.
    expect(watched.fromEndPx).toBeLessThanOrEqual(watched.tallestPx);
    await untilInView('the newest message', ana.message('quick 11'));
    expect(ana.faults).toEqual([]);
  });

  test('stay in view while the box grows and shrinks, and while messages arrive then', async ({ ana, say }) => {
    const heightPx = () => ana.page.getByRole('log').evaluate((list) => list.clientHeight);
    const before = await heightPx();
    await ana.box.fill('one\ntwo\nthree\nfour\nfive\nsix');
    await until('a smaller list', heightPx, (height) => height < before - 60);
    await untilInView('the newest message', ana.message('line 59'));
    await say('arrived beside a long draft');
    await untilInView('the newest message', ana.message('arrived beside'));
    await ana.box.fill('');
    await until('the list as large as before', heightPx, (height) => height === before);
    await untilInView('the newest message', ana.message('arrived beside'));
  });

  test('written without a connection do not move when they are sent', async ({ ana, network }) => {
    const { page } = ana;
    network.cut();
    await page.getByText('No connection').waitFor();
    for (const text of ['kept one', 'kept two', 'kept three']) await ana.write(text);
    await ana.message('kept three').getByRole('img', { name: 'Waiting for the connection' }).waitFor();
    await page.evaluate(watchPositions);
    network.mend();
    await ana.message('kept three').getByRole('img', { name: 'Sent' }).waitFor();
    const watched = await positionsWatched(page);
    expect(watched.apartPx).toBeLessThanOrEqual(1);
    expect(watched.fromEndPx).toBeLessThanOrEqual(watched.tallestPx);
  });
});
