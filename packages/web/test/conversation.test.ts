import { expect } from 'bun:test';
import { ConversationsUnderTest } from '../../server/test/contract/conversations-under-test.ts';
import { describeInBrowser } from './support/browser.ts';
import type { PersonInBrowser } from './support/person.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import {
  firstInView,
  lastInView,
  movedAfterScrollingUp,
  scrollUpWatching,
  scrollUpWhenShown,
  turnWheel,
  untilAtRest,
} from './support/view.ts';

const noon = new Date('2026-05-12T12:00:00Z');
/** More than a conversation opens with plus the previous page. */
const lastLine = 419;

/** Ana in a browser, in a group that Mira created. */
async function setUp(environment: TestEnvironment) {
  const network = environment.network();
  const ana = await environment.signUp('Ana', network.url);
  const mira = await environment.server.person('mira');
  const anaId = await environment.idOf('ana');
  const { id: groupId } = await environment.server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] });
  const say = (text: string, conversationId = groupId) => environment.say(mira, conversationId, text);
  return { server: environment.server, network, ana, mira, anaId, groupId, say };
}

/** Ana at the end of Mira's long channel, which she has read completely. */
async function setUpLong(environment: TestEnvironment) {
  const scene = await setUp(environment);
  const { ana, mira } = scene;
  const lines = Array.from({ length: lastLine + 1 }, (_, i) => `line ${i}${'\nand another'.repeat(i % 4)}`);
  const { id: channelId } = await environment.server.call(mira, 'createChannel', { name: 'Long' });
  await environment.sayAll(mira, channelId, lines);
  await ana.page.getByRole('link', { name: 'Browse channels' }).click();
  await ana.page.getByRole('button', { name: 'Join' }).click();
  await ana.box.waitFor();
  await toLatest(ana);
  await ana
    .inList('Long')
    .getByRole('img', { name: /unread/ })
    .waitFor({ state: 'detached' });
  return { ...scene, sayInChannel: (text: string) => environment.say(mira, channelId, text) };
}

const toLatestButton = ({ page }: PersonInBrowser) =>
  page.getByRole('button', { name: /new messages?|Jump to the latest/ });

/** Goes to the end of the long conversation. */
async function toLatest(ana: PersonInBrowser): Promise<void> {
  const last = ana.message(`line ${lastLine}`);
  await last.or(toLatestButton(ana)).first().waitFor();
  if (await toLatestButton(ana).isVisible()) await toLatestButton(ana).click();
  await last.waitFor();
  await toLatestButton(ana).waitFor({ state: 'detached' });
}

describeInBrowser('a conversation', () => {
  const test = testWith(setUp);

  test('without messages suggests to write, and each message has its exact time', async ({ ana, say }) => {
    await ana.open('Harbour');
    await ana.page.getByText('This is where ⁨Harbour⁩ begins').waitFor();
    await ana.page.getByText('the first message is the hardest').waitFor();
    const { atMs } = await say('The first');
    const time = ana.message('The first').getByRole('time');
    const [dateTime, exact] = await Promise.all([time.getAttribute('datetime'), time.getAttribute('title')]);
    expect(Date.parse(dateTime ?? '')).toBe(atMs);
    expect(exact).toMatch(/^\w+,? \d+ \w+ \d{4}.* \d{2}:\d{2}:\d{2}$/);
    expect(await ana.page.getByText('the first message is the hardest').count()).toBe(0);
  });

  test('shows a message as sending, sent and read in one and the same row', async ({
    ana,
    mira,
    groupId,
    network,
    server,
    say,
  }) => {
    await ana.open('Harbour');
    network.hold();
    await ana.write('On its way');
    const message = ana.message('On its way');
    await message.getByRole('img', { name: 'Sending' }).waitFor();
    const row = await message.elementHandle();
    const key = await message.getAttribute('data-key');
    network.mend();
    await message.getByRole('img', { name: 'Sent' }).waitFor();
    const { seq } = await say('An answer');
    await server.call(mira, 'markRead', { conversationId: groupId, seq });
    await message.getByRole('img', { name: 'Read', exact: true }).waitFor();
    expect(await message.getAttribute('data-key')).toBe(key);
    // The same element: it was not rendered again, so nothing moved.
    expect(await message.evaluate((now, before) => now === before, row)).toBe(true);
  });

  test('shows why the server refused a message, and sends it again on request', async ({
    ana,
    mira,
    groupId,
    network,
    server,
  }) => {
    await ana.open('Harbour');
    await server.call(mira, 'updateConversation', { conversationId: groupId, announceOnly: false });
    network.cut();
    await ana.page.getByText('No connection').waitFor();
    await ana.write('Too late');
    await ana.write('And this');
    await server.call(mira, 'updateConversation', { conversationId: groupId, announceOnly: true });
    network.mend();
    await ana.page.getByText('Only owners and admins can write here').waitFor();
    const failed = ana.message('Too late');
    await failed.getByText('Not sent').waitFor();
    await ana.message('And this').getByRole('button', { name: 'Discard' }).click();
    await ana.message('And this').waitFor({ state: 'detached' });
    await server.call(mira, 'updateConversation', { conversationId: groupId, announceOnly: false });
    await failed.getByRole('button', { name: 'Retry' }).click();
    await failed.getByRole('img', { name: 'Sent' }).waitFor();
    const { entries } = await server.call(mira, 'getHistory', { conversationId: groupId });
    const texts = entries.flatMap((entry) => (entry.kind === 'message' ? [entry.text] : []));
    expect(texts.filter((text) => text === 'Too late' || text === 'And this')).toEqual(['Too late']);
  });

  test('announces incoming messages, copies code, and separates days', async ({ ana, say }) => {
    await ana.open('Harbour');
    await say('```\nlet x = 1;\n```');
    await ana.page.getByRole('status').filter({ hasText: 'let x = 1;' }).waitFor();
    await ana.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await ana.page.getByRole('button', { name: 'Copy code' }).click();
    await ana.page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await ana.page.evaluate(() => navigator.clipboard.readText())).toBe('let x = 1;');
    // It may be midnight meanwhile.
    await ana.page
      .getByText(/^(Today|Yesterday)$/)
      .first()
      .waitFor();
    expect(ana.faults).toEqual([]);
  });

  test('shows “Yesterday” instead of “Today” after midnight in a page that stays open', async ({
    ana,
    anaId,
    mira,
    network,
    server,
  }) => {
    const conversations = new ConversationsUnderTest(server.adapters);
    conversations.nowMs = noon.getTime();
    const id = await conversations.create(mira.account.id, { name: 'Overnight', userIds: [anaId] });
    const { page } = ana;
    // From now on, all pages of this browser have this clock.
    await page.clock.install({ time: noon });
    await page.goto(`${network.url}/c/${id}`);
    await page.getByText('Today', { exact: true }).waitFor();
    await page.clock.fastForward('24:00:00');
    await page.getByText('Yesterday', { exact: true }).waitFor();
    expect(await page.getByText('Today', { exact: true }).count()).toBe(0);
  });
});

describeInBrowser('a long conversation', () => {
  const test = testWith(setUpLong);

  test('that was read opens at its end, and never offers to jump there', async ({ ana }) => {
    await ana.page.addInitScript(() => {
      const look = () => {
        if (document.querySelector('.to-latest')) Object.assign(globalThis, { hasOffered: true });
      };
      new MutationObserver(look).observe(document, { childList: true, subtree: true });
    });
    await ana.page.reload();
    await ana.message(`line ${lastLine}`).waitFor();
    await untilAtRest(ana.page);
    expect(await ana.page.evaluate(() => 'hasOffered' in globalThis)).toBe(false);
  });

  test('keeps its scroll position while older messages are loaded above', async ({ ana }) => {
    // Everything is read, so it opens at its end again, and most older messages are not loaded.
    await ana.page.reload();
    await toLatest(ana);
    const start = 'This is where ⁨Long⁩ begins';
    const moved = await ana.page.evaluate(scrollUpWatching, start);
    expect(moved.loads).toBeGreaterThanOrEqual(1);
    expect(moved.jumpsPx.filter((px) => px > 1)).toEqual([]);
    await ana.page.getByText(start).waitFor();
  });

  test('keeps its scroll position when messages arrive below, and shows how many', async ({ ana, sayInChannel }) => {
    const { page } = ana;
    await turnWheel(page, -3_000);
    await page.getByRole('button', { name: 'new messages' }).waitFor();
    const first = await firstInView(page);
    for (let i = 0; i < 3; i++) await sayInChannel(`late ${i}`);
    const below = lastLine - Number(/line (\d+)/.exec(await lastInView(page))?.[1]) + 3;
    await page.getByRole('button', { name: `${below} new messages` }).waitFor();
    expect(await firstInView(page)).toEqual(first);
    await page.getByRole('button', { name: `${below} new messages` }).click();
    await ana.message('late 2').waitFor();
    await toLatestButton(ana).waitFor({ state: 'detached' });
  });

  test('keeps its scroll position when the person scrolls up just as a message arrives', async ({
    ana,
    sayInChannel,
  }) => {
    for (let round = 0; round < 5; round++) {
      const text = `meanwhile ${round}`;
      await ana.page.evaluate(scrollUpWhenShown, { text, pixels: 600 });
      await sayInChannel(text);
      expect(Math.abs(await ana.page.evaluate(movedAfterScrollingUp))).toBeLessThan(100);
      await toLatestButton(ana).click();
      await ana.message(text).waitFor();
      await toLatestButton(ana).waitFor({ state: 'detached' });
    }
  });
});
