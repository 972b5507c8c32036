import { expect } from 'bun:test';
import { describeInBrowser } from './support/browser.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

/** What a tab requests its engine to watch. */
interface Watched {
  userIds: string[];
  typingIn: string[];
}
type InView = { watched?: Watched };

/** The other person of a direct chat and its id. */
type Row = readonly [userId: string, conversationId: string];

/** Whether few rows are watched, and of two rows at the ends of the list only the one in view. */
function watchesOnly(inView: Row, away: Row): (watched: Watched) => boolean {
  return ({ userIds, typingIn }) =>
    Math.max(userIds.length, typingIn.length) < 30 &&
    userIds.includes(inView[0]) &&
    typingIn.includes(inView[1]) &&
    !userIds.includes(away[0]) &&
    !typingIn.includes(away[1]);
}

async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const ana = await environment.signUp('Ana');
  const anaId = await environment.idOf('ana');
  const [mira, jonas] = await Promise.all([server.person('mira'), server.person('jonas')]);
  await server.call(mira, 'updateAccount', { displayName: 'Mira Lindqvist' });
  await server.call(jonas, 'updateAccount', { displayName: 'Jónas Weber' });
  const groupId = (await server.call(mira, 'createGroup', { name: 'Harbour project', userIds: [anaId] })).id;
  const directId = (await server.call(jonas, 'openDirect', { userId: anaId })).id;
  /** Waits until the list shows these titles, from top to bottom. */
  const waitForTitles = async (...expected: string[]) => {
    const isThere = (wanted: string) =>
      [...document.querySelectorAll('.row-title')].map((title) => title.textContent).join('\n') === wanted;
    await ana.page.waitForFunction(isThere, expected.join('\n'));
  };
  const sayInDirect = (text: string) => environment.say(jonas, directId, text);
  const sayInGroup = (text: string) => environment.say(mira, groupId, text);
  return { server, ana, anaId, jonas, directId, waitForTitles, sayInDirect, sayInGroup };
}

describeInBrowser('the list of conversations', () => {
  const test = testWith(setUp);

  test('has the most recent first, with its last message and the number of unread ones', async (scene) => {
    const { ana, waitForTitles, sayInDirect, sayInGroup } = scene;
    await sayInDirect('First of all');
    await sayInGroup('The crane comes on Monday');
    await waitForTitles('Harbour project', 'Jónas Weber');
    await ana.inList('Harbour project').getByText('Mira Lindqvist: The crane comes on Monday').waitFor();
    await sayInDirect('Lunch?');
    await sayInDirect('Or coffee?');
    await waitForTitles('Jónas Weber', 'Harbour project');
    const row = ana.inList('Jónas Weber');
    await row.getByText('Or coffee?').waitFor();
    await row.getByRole('img', { name: '3 unread messages' }).waitFor();
    await ana.page.waitForFunction(() => document.title === '(4) Parley');
  });

  test('is filtered by the beginning of any word, without regard to accents', async (scene) => {
    const { ana, waitForTitles, sayInDirect, sayInGroup } = scene;
    await sayInGroup('The crane comes on Monday');
    await sayInDirect('Lunch?');
    const filter = ana.page.getByRole('searchbox', { name: 'Filter conversations' });
    await filter.fill('proj');
    await waitForTitles('Harbour project');
    await filter.fill('jonas');
    await waitForTitles('Jónas Weber');
    await filter.fill('zzz');
    await ana.page.getByText('Nothing matches').waitFor();
    await filter.fill('');
    await waitForTitles('Jónas Weber', 'Harbour project');
  });

  test('shows who is online and who is typing', async ({ ana, server, jonas, directId, sayInDirect }) => {
    await sayInDirect('Lunch?');
    const row = ana.inList('Jónas Weber');
    await row.getByText('Lunch?').waitFor();
    expect(await row.getByRole('img', { name: 'online' }).count()).toBe(0);
    const socket = await server.wire(jonas);
    await row.getByRole('img', { name: 'online' }).waitFor();
    await until(
      'the row to say that he is typing',
      () => {
        // A notice is shown for a few seconds. Somebody who goes on typing sends further ones.
        socket.send({ type: 'typing', conversationId: directId });
        return row.getByText('typing…').count();
      },
      (count) => count === 1,
    );
    // A message ends the typing notice.
    await sayInDirect('There');
    await row.getByText('There').waitFor();
    socket.close();
    await row.getByRole('img', { name: 'online' }).waitFor({ state: 'detached' });
  });

  test('marks muted conversations, which do not count in the tab’s title', async ({ ana, sayInDirect, sayInGroup }) => {
    for (const text of ['Lunch?', 'Or coffee?']) await sayInDirect(text);
    await ana.open('Harbour project');
    await ana.page.getByRole('button', { name: 'Details', exact: true }).click();
    await ana.page.getByRole('button', { name: 'Mute' }).click();
    await ana.inList('Harbour project').getByRole('img', { name: 'muted' }).waitFor();
    await ana.page.getByRole('link', { name: 'Settings' }).click();
    await sayInGroup('Anybody?');
    await ana.inList('Harbour project').getByRole('img', { name: '1 unread message' }).waitFor();
    // The messages of Jónas.
    await ana.page.waitForFunction(() => document.title === '(2) Parley');
    await ana.open('Harbour project');
    await ana.page.getByRole('button', { name: 'Details', exact: true }).click();
    await ana.page.getByRole('button', { name: 'Unmute' }).click();
    await ana.inList('Harbour project').getByRole('img', { name: 'muted' }).waitFor({ state: 'detached' });
  });

  test('Ctrl+K or ⌘+K jumps to groups, to people without a chat yet, and to channels to join', async ({
    ana,
    server,
  }) => {
    const { page } = ana;
    await server.call(await server.person('dev'), 'createChannel', { name: 'Weather', description: '' });
    for (const [key, letters, option, heading] of [
      ['Control+k', 'harb', 'Harbour project', 'Harbour project'],
      ['Meta+k', 'mira', 'Mira Lindqvist', 'Mira Lindqvist'],
      ['Control+k', 'weat', 'Weather', 'Weather'],
    ] as const) {
      await page.keyboard.press(key);
      await page.getByRole('combobox', { name: 'People, groups and channels' }).fill(letters);
      await page.getByRole('option', { name: option }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    }
  });

  test('requests presence and typing only of rows in view', async (scene) => {
    const { ana, anaId, server, jonas, directId, environment, sayInDirect } = scene;
    await sayInDirect('Lunch?');
    const people = await server.people('zoe', 60);
    const directIds: string[] = [];
    for (const person of people) {
      const { id } = await server.call(person, 'openDirect', { userId: anaId });
      directIds.push(id);
      await environment.say(person, id, 'Hello');
    }
    const { page } = ana;
    // Records what the tab requests its engine to watch.
    await page.addInitScript(() => {
      const { postMessage } = MessagePort.prototype;
      MessagePort.prototype.postMessage = function post(
        this: MessagePort,
        message: { name?: string; given?: unknown[] } | null,
      ) {
        if (message?.name === 'watch') Object.assign(globalThis, { watched: message.given?.[0] });
        postMessage.call(this, message);
      } as typeof postMessage;
    });
    await page.goto(server.url);
    await ana.inList('zoe59').waitFor();
    const watched = () => page.evaluate(() => (globalThis as InView).watched ?? { userIds: [], typingIn: [] });
    const newest: Row = [people.at(-1)?.account.id ?? '', directIds.at(-1) ?? ''];
    const oldest: Row = [jonas.account.id, directId];
    // What the browser has stored of the list may be shown first, in which other rows are in view.
    await until('only rows at the top to be watched', watched, watchesOnly(newest, oldest));
    const watchedAtEnd = async () => {
      // The list grows while further pages are loaded.
      await page.locator('.conversation-list').evaluate((list) => list.scrollTo(0, list.scrollHeight));
      return watched();
    };
    await until('only rows at the end to be watched', watchedAtEnd, watchesOnly(oldest, newest));
  });
});
