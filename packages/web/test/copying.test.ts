import { expect } from 'bun:test';
import type { Locator, Page } from 'playwright-core';
import { ConversationsUnderTest } from '../../server/test/contract/conversations-under-test.ts';
import { describeInBrowser } from './support/browser.ts';
import { clipboardText, untilInView } from './support/places.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';
import { untilAtRest } from './support/view.ts';

const evening = Date.parse('2026-05-12T21:58:00Z');
const morning = Date.parse('2026-05-13T07:05:00Z');
const minuteMs = 60_000;

/** Ana in a group of Mira's, with messages and notices of two days. */
async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const ana = await environment.signUp('Ana');
  await ana.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const [mira, jonas] = [await server.person('mira'), await server.person('jonas')];
  await server.call(mira, 'updateAccount', { displayName: 'Mira Lindqvist' });
  await server.call(jonas, 'updateAccount', { displayName: 'نور' });
  const anaId = await environment.idOf('ana');
  const conversations = new ConversationsUnderTest(server.adapters);
  const at = (timeMs: number) => {
    conversations.nowMs = timeMs;
  };
  at(evening);
  const groupId = await conversations.create(mira.account.id, { name: 'Harbour', userIds: [anaId] });
  await conversations.send(groupId, mira.account.id, 'The permit came through, at last');
  at(evening + minuteMs);
  await conversations.send(groupId, mira.account.id, 'two\nlines with `code` and https://harbour.example/a.');
  at(morning);
  await conversations.add(groupId, mira.account.id, [jonas.account.id]);
  await conversations.send(groupId, jonas.account.id, 'صباح الخير 👋');
  at(morning + 2 * minuteMs);
  await conversations.send(groupId, anaId, 'good morning, all of you');
  const open = async () => {
    await ana.page.reload();
    await ana.open('Harbour');
    await ana.message('good morning').waitFor();
    // Names arrive after the messages, and are copied too.
    await ana.page
      .locator('.notice')
      .filter({ hasText: /Mira Lindqvist.* added .*نور/ })
      .waitFor();
    await untilAtRest(ana.page);
  };
  return { ana, mira, groupId, conversations, at, open };
}

/** The text of a message, to select in. */
const textOf = (page: Page, part: string) =>
  page.getByRole('article').locator('.message-text').filter({ hasText: part });

/** Where in the text of an element a selection begins or ends. */
type End = readonly [element: Locator, offset: number];

/** Selects from one place to another, as a pointer or the Shift key does. */
async function select(page: Page, [fromElement, fromOffset]: End, [toElement, toOffset]: End): Promise<void> {
  const from = await fromElement.elementHandle();
  const to = await toElement.elementHandle();
  await page.evaluate(
    (ends) => {
      const textAt = (element: Element | null, offset: number) => {
        if (!element) throw new Error('nothing to select in');
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        for (let left = offset; walker.nextNode(); ) {
          const { data } = walker.currentNode as Text;
          if (left <= data.length) return [walker.currentNode, left] as const;
          left -= data.length;
        }
        throw new Error(`the text has no offset ${offset}`);
      };
      const [start, end] = [textAt(ends.from, ends.fromOffset), textAt(ends.to, ends.toOffset)];
      getSelection()?.setBaseAndExtent(...start, ...end);
    },
    { from: from as never, fromOffset, to: to as never, toOffset },
  );
}

async function copied(page: Page): Promise<string> {
  await page.evaluate(() => navigator.clipboard.writeText('nothing was copied'));
  await page.keyboard.press('Control+c');
  return until(
    'a copied text',
    () => clipboardText(page),
    (text) => text !== 'nothing was copied',
  );
}

describeInBrowser('copying messages', () => {
  const test = testWith(setUp);

  test('a double click selects a word, which is copied alone', async ({ ana, open }) => {
    const { page } = ana;
    await open();
    for (const [text, at, word] of [
      ['The permit', 50, 'permit'],
      ['good morning', 10, 'good'],
    ] as const) {
      const element = textOf(page, text);
      const box = await element.boundingBox();
      await element.dblclick({ position: { x: at, y: (box?.height ?? 0) / 2 } });
      expect(await page.evaluate(() => getSelection()?.toString())).toBe(word);
      expect(await copied(page)).toBe(word);
    }
    await textOf(page, 'The permit').click({ clickCount: 3, position: { x: 50, y: 10 } });
    expect(await copied(page)).toBe('The permit came through, at last');
  });

  test('over several days and notices gives names, times and texts as they were written', async ({ ana, open }) => {
    const { page } = ana;
    await open();
    const last = textOf(page, 'good morning');
    await select(page, [textOf(page, 'The permit'), 0], [last, 'good morning, all of you'.length]);
    expect(await copied(page)).toBe(
      [
        'Tuesday, 12 May 2026',
        '[21:58] Mira Lindqvist: The permit came through, at last',
        '[21:59] Mira Lindqvist: two',
        'lines with `code` and https://harbour.example/a.',
        '',
        'Wednesday, 13 May 2026',
        '[07:05] Mira Lindqvist added نور',
        '[07:05] نور: صباح الخير 👋',
        '[07:07] Ana: good morning, all of you',
      ].join('\n'),
    );
  });

  test('takes only the selected part of the first and the last message, in either direction', async ({ ana, open }) => {
    const { page } = ana;
    await open();
    const ends = [
      [textOf(page, 'The permit'), 'The permit '.length],
      [textOf(page, 'two'), 'two\nlines with co'.length],
    ] as const;
    const text = '[21:58] Mira Lindqvist: came through, at last\n[21:59] Mira Lindqvist: two\nlines with co';
    await select(page, ...ends);
    expect(await copied(page)).toBe(text);
    await select(page, ends[1], ends[0]);
    expect(await copied(page)).toBe(text);
    // Within one message, it is the browser that copies.
    await select(page, [textOf(page, 'two'), 0], [textOf(page, 'two'), 'two\nlin'.length]);
    expect(await copied(page)).toBe('two\nlin');
  });

  test('by dragging leaves out what belongs to the page: times beside messages, buttons, days', async (given) => {
    const { ana, open } = given;
    const { page } = ana;
    await open();
    const from = await textOf(page, 'صباح').boundingBox();
    const to = await textOf(page, 'good morning').boundingBox();
    if (!from || !to) throw new Error('the messages are not in view');
    const notice = await page.getByText('added').boundingBox();
    await page.mouse.move((notice?.x ?? 0) + 2, (notice?.y ?? 0) + 8);
    await page.mouse.down();
    await page.mouse.move(to.x + to.width - 2, to.y + to.height - 4, { steps: 8 });
    await page.mouse.up();
    expect(await copied(page)).toBe(
      '[07:05] Mira Lindqvist added نور\n[07:05] نور: صباح الخير 👋\n[07:07] Ana: good morning, all of you',
    );
  });

  test('includes the messages in between that scrolling has taken out of the document', async (given) => {
    const { ana, mira, groupId, conversations, at, open } = given;
    const { page } = ana;
    at(morning + 10 * minuteMs);
    const lines = Array.from({ length: 300 }, (_, index) => `line ${index}`);
    for (const text of lines) await conversations.send(groupId, mira.account.id, text);
    await open();
    const first = textOf(page, 'The permit');
    await until(
      'the first message',
      () => first.count(),
      (count) => count > 0,
    );
    await untilInView('the first message', first);
    const box = await first.boundingBox();
    if (!box) throw new Error('the first message is not in view');
    await page.mouse.move(box.x + 1, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + 40, box.y + box.height / 2 + 60, { steps: 4 });
    const end = textOf(page, 'line 299');
    const turnedTo = async () => {
      await page.mouse.wheel(0, 1_500);
      return end.count();
    };
    await until('the last message', turnedTo, (count) => count > 0);
    await page.mouse.wheel(0, 1_500);
    await untilInView('the last message', end);
    await untilAtRest(page);
    expect(await textOf(page, 'line 100').count()).toBe(0);
    const endBox = await end.boundingBox();
    await page.mouse.move((endBox?.x ?? 0) + (endBox?.width ?? 0) - 1, (endBox?.y ?? 0) + 8, { steps: 4 });
    await page.mouse.up();
    const text = await copied(page);
    expect(text.split('\n').slice(-300)).toEqual(lines.map((each) => `[07:15] Mira Lindqvist: ${each}`));
    expect(text).toStartWith('Tuesday, 12 May 2026\n[21:58] Mira Lindqvist: The permit came through');
  });
});
