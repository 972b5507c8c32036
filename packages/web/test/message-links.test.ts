import { expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { ConversationsUnderTest } from '../../server/test/contract/conversations-under-test.ts';
import { describeInBrowser } from './support/browser.ts';
import { showLatest } from './support/latest.ts';
import { marksOf, recordPassing, untilNoted } from './support/passing.ts';
import { password } from './support/person.ts';
import { clipboardText, marked, untilFocused, untilInView } from './support/places.ts';
import { untilStored } from './support/stored.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';
import { turnWheel } from './support/view.ts';

/** Several pages of history, of which a conversation opens with one. */
const lineCount = 400;
const missing = 'There is no such message here, or you may not see it.';
const notYours = 'You are not in this conversation';

/** Ana in a browser, in a group of Mira's with hundreds of messages: message N has the number N + 1. */
async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const network = environment.network();
  const ana = await environment.signUp('Ana', network.url);
  const mira = await server.person('mira');
  const anaId = await environment.idOf('ana');
  const { id: groupId } = await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] });
  const lines = Array.from({ length: lineCount }, (_, index) => `line ${index + 1}`);
  await environment.sayAll(mira, groupId, lines);
  // A page that is opened earlier may know few of them, or none, and none as unread.
  await untilStored(ana.page, 'conversations', `line ${lineCount}`);
  await recordPassing(ana.page);
  const link = (number: number | string, id = groupId) => `${network.url}/c/${id}/${number}`;
  const say = (text: string, id = groupId) => environment.say(mira, id, text);
  return { server, network, ana, anaId, mira, groupId, link, say };
}

const line = (page: Page, number: number) =>
  page.getByRole('article').filter({ has: page.getByText(`line ${number}`, { exact: true }) });

/** Opens the conversation at its end, with everything read. */
async function openAtEnd(page: Page): Promise<void> {
  await page.getByRole('link', { name: /Harbour/ }).click();
  await showLatest(page, (texts) => texts.includes(`line ${lineCount}`));
  await untilInView('the last message', line(page, lineCount));
}

describeInBrowser('the link of a message', () => {
  const test = testWith(setUp);

  test('is copied from the menu, and opens at the message, which is marked, focused and announced', async (given) => {
    const { ana, groupId, network, link } = given;
    const { page } = ana;
    await ana.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await openAtEnd(page);
    const last = line(page, lineCount);
    await last.hover();
    await last.getByRole('button', { name: /^Actions for ⁨Mira⁩’s message/i }).click();
    await page.getByRole('menuitem', { name: 'Copy link' }).click();
    await untilNoted(page, 'Link copied');
    expect(await clipboardText(page)).toBe(`${network.url}/c/${groupId}/${lineCount + 1}`);

    await page.goto(link(8));
    await untilInView('the message of the link', line(page, 7));
    expect(await marksOf(page)).toEqual(['line 7']);
    await untilFocused('the message of the link', line(page, 7));
    await page
      .getByRole('status')
      .filter({ hasText: /^Opened at ⁨mira⁩’s message, ⁨\d+:\d+⁩: ⁨line 7⁩$/ })
      .waitFor();
    // Only the part around it is loaded.
    expect(await line(page, lineCount).count()).toBe(0);
    await marked(page).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /Jump to the latest|new messages/ }).click();
    await untilInView('the last message', line(page, lineCount));
    expect(new URL(page.url()).pathname).toBe(`/c/${groupId}`);
    expect(ana.faults).toEqual([]);
  });

  test('in a message opens in the same page, and the back and forward buttons return', async (given) => {
    const { ana, groupId, link, say } = given;
    const { page } = ana;
    await say(`first ${link(10)} second ${link(300)}`);
    await openAtEnd(page);
    const linking = ana.message('second');
    await untilInView('the message with links', linking);
    await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
    const goesTo = async (number: number) => {
      await untilInView(`line ${number}`, line(page, number));
      await until(
        'the address of the link',
        () => page.url(),
        (url) => url === link(number + 1),
      );
    };
    await linking.getByRole('link').nth(0).click();
    await goesTo(9);
    await page.goBack();
    await untilInView('the message with links', linking);
    expect(new URL(page.url()).pathname).toBe(`/c/${groupId}`);
    await linking.getByRole('link').nth(1).click();
    await goesTo(299);
    await page.goBack();
    await untilInView('the message with links', linking);
    await page.goForward();
    await goesTo(299);
    // The conversation in the list leads to its end again.
    await page.getByRole('link', { name: /Harbour/ }).click();
    await untilInView('the message with links', linking);
    await page.goBack();
    await goesTo(299);
    expect(await page.evaluate(() => 'isSamePage' in globalThis)).toBe(true);
    expect(page.context().pages().length).toBe(1);
  });

  test('leads there again when it is followed a second time', async ({ ana, link, say }) => {
    const { page } = ana;
    await say(`see ${link(lineCount - 1)}`);
    await openAtEnd(page);
    const linking = ana.message('see ');
    const followed = line(page, lineCount - 2);
    await linking.getByRole('link').click();
    await untilInView('the message of the link', followed);
    await marked(page).waitFor({ state: 'detached' });
    await linking.getByRole('link').click();
    expect(await marksOf(page, 2)).toEqual([`line ${lineCount - 2}`, `line ${lineCount - 2}`]);
    await untilFocused('the message of the link', followed);
  });

  test('with a number that no message has opens the conversation, with a note', async ({ ana, link }) => {
    const { page } = ana;
    for (const number of [lineCount + 2, 9_007_199_254_740_991, 0, -1, 'abc', '1.5', '1e2', '007', '9'.repeat(400)]) {
      await page.goto(link(number));
      await page.getByRole('status').filter({ hasText: missing }).waitFor();
      await page.getByRole('separator', { name: 'New messages' }).waitFor();
      expect([number, await marked(page).count()]).toEqual([number, 0]);
      await page.getByRole('button', { name: 'Close', exact: true }).click();
      await page.getByText(missing).waitFor({ state: 'detached' });
    }
    expect(ana.faults).toEqual([]);
  });

  test('to an entry that is no message opens at it', async ({ ana, link, mira, groupId, server, say }) => {
    await server.call(mira, 'updateConversation', { conversationId: groupId, name: 'Pier' });
    for (let index = 0; index < 60; index++) await say(`later ${index}`);
    await ana.page.goto(link(lineCount + 2));
    await untilInView('the notice', ana.page.getByRole('log').getByText('renamed it to'));
    expect(await marksOf(ana.page)).toEqual(['⁨mira⁩ renamed it to ⁨Pier⁩']);
    await ana.page.getByRole('status').filter({ hasText: 'Opened at: ⁨⁨mira⁩ renamed it to ⁨Pier⁩⁩' }).waitFor();
  });

  test('past unread messages leaves those unread that were not shown', async ({ ana, mira, groupId, link, server }) => {
    const { page } = ana;
    const readSeq = async () => {
      const { members } = await server.call(mira, 'listMembers', { conversationId: groupId });
      return members.find(({ user }) => user.username === 'ana')?.readSeq;
    };
    const before = await readSeq();
    await page.goto(link(300));
    await untilInView('the message of the link', line(page, 299));
    await turnWheel(page, -300);
    await marked(page).waitFor({ state: 'detached' });
    expect(await readSeq()).toBe(before);
    await page.getByRole('button', { name: /new messages/ }).click();
    await until('everything to be read', readSeq, (seq) => seq === lineCount + 1);
  });

  test('that needs the server waits for the connection, and opens then', async (given) => {
    const { ana, anaId, link, mira, network, server, say } = given;
    const { page } = ana;
    // Written before Ana was a member: what she receives is stored in her browser.
    const conversations = new ConversationsUnderTest(server.adapters);
    const actorId = mira.account.id;
    const id = await conversations.create(actorId, { name: 'Before' });
    const send = { kind: 'send', conversationId: id, actorId } as const;
    await conversations.carryOut(
      ...Array.from({ length: lineCount }, (_, index) => ({
        ...send,
        commandId: `line-${index}`,
        text: `line ${index + 1}`,
      })),
    );
    await server.call(mira, 'addMembers', { conversationId: id, userIds: [anaId] });
    await say(`see ${link(20, id)}`, id);
    await page.goto(link(lineCount + 3, id));
    await untilInView('the newest message', ana.message('see '));
    network.cut();
    await page.getByText('No connection').waitFor();
    await ana.message('see ').getByRole('link').click();
    await page
      .getByRole('status')
      .filter({ hasText: 'This message will appear when the connection is back' })
      .waitFor();
    await untilInView('what was shown before', ana.message('see '));
    network.mend();
    await untilInView('the message of the link', line(page, 19));
    await page.getByText('when the connection is back').waitFor({ state: 'detached' });
  });
});

describeInBrowser('the link of a message that one may not see', () => {
  const test = testWith(setUp);

  test('shows nothing of it, where the history begins with joining', async ({
    ana,
    anaId,
    link,
    mira,
    server,
    say,
  }) => {
    const { id } = await server.call(mira, 'createGroup', { name: 'Since', history: 'since_joining' });
    for (let index = 0; index < 5; index++) await say(`secret ${index}`, id);
    await server.call(mira, 'addMembers', { conversationId: id, userIds: [anaId] });
    await say('for everybody', id);
    await ana.page.goto(link(3, id));
    await ana.page.getByRole('status').filter({ hasText: missing }).waitFor();
    await ana.message('for everybody').waitFor();
    expect(await ana.page.getByText('secret').count()).toBe(0);
  });

  test('shows the same for a group of others, one that was left, and one that never was', async (given) => {
    const { ana, anaId, groupId, link, mira, server } = given;
    const { page } = ana;
    const { id: others } = await server.call(mira, 'createGroup', { name: 'Others' });
    await server.call(mira, 'removeMember', { conversationId: groupId, userId: anaId });
    const shown: string[] = [];
    for (const id of [others, groupId, crypto.randomUUID(), 'nonsense']) {
      await page.goto(link(2, id));
      await page.getByRole('heading', { name: notYours }).waitFor();
      shown.push(await page.getByRole('main').ariaSnapshot());
    }
    expect(new Set(shown).size).toBe(1);
    expect(shown[0]).not.toContain('Others');
  });

  test('offers to join a public channel, and opens at the message then', async ({
    ana,
    anaId,
    environment,
    ...given
  }) => {
    const { link, mira, server } = given;
    const { page } = ana;
    const { id } = await server.call(mira, 'createChannel', { name: 'Open water', description: 'For all who swim' });
    await environment.sayAll(
      mira,
      id,
      Array.from({ length: 200 }, (_, index) => `line ${index + 1}`),
    );
    await page.goto(link(31, id));
    await page.getByRole('heading', { name: 'Open water' }).waitFor();
    await page.getByText('For all who swim').waitFor();
    expect(await page.getByText('line 30').count()).toBe(0);
    await page.getByRole('button', { name: 'Join' }).click();
    await untilInView('the message of the link', line(page, 30));
    expect(page.url()).toBe(link(31, id));
    // A channel that one left is offered again.
    await server.call(mira, 'removeMember', { conversationId: id, userId: anaId });
    await page.getByRole('button', { name: 'Join' }).click();
    await untilInView('the message of the link', line(page, 30));
    expect(ana.faults).toEqual([]);
  });

  test('says so after joining a channel whose history begins with joining', async ({
    ana,
    link,
    mira,
    server,
    say,
  }) => {
    const { page } = ana;
    const { id } = await server.call(mira, 'createChannel', { name: 'Closed past', history: 'since_joining' });
    await say('secret', id);
    await page.goto(link(2, id));
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByRole('status').filter({ hasText: missing }).waitFor();
    expect(await page.getByText('secret').count()).toBe(0);
  });

  test('asks for the log-in, and opens at the message then', async ({ ana, environment, link }) => {
    await ana.page.close();
    const { page } = await environment.window();
    await page.goto(link(40));
    await page.getByLabel('Username').fill('ana');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await untilInView('the message of the link', line(page, 39));
  });
});
