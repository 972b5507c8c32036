import { expect } from 'bun:test';
import { describeInBrowser } from './support/browser.ts';
import { menuOf } from './support/group.ts';
import { recordPassing, untilNoted } from './support/passing.ts';
import { PersonInBrowser, password } from './support/person.ts';
import { focusLastMessage, untilFocused } from './support/places.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

/** Ana in a group of Mira's with a few messages, all read, and in another one. */
async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const network = environment.network();
  const ana = await environment.signUp('Ana', network.url);
  await recordPassing(ana.page);
  const mira = await server.person('mira');
  const anaId = await environment.idOf('ana');
  const groupOf = (name: string) => server.call(mira, 'createGroup', { name, userIds: [anaId] });
  await groupOf('Elsewhere');
  const { id: groupId } = await groupOf('Harbour');
  const say = (text: string) => environment.say(mira, groupId, text);
  let lastSeq = 0;
  for (const text of ['first', 'second', 'third']) ({ seq: lastSeq } = await say(text));
  await ana.open('Harbour');
  await isRead(ana);
  /** What the server has of Ana's position, as Mira sees it. */
  const receipt = async () => {
    const { members } = await server.call(mira, 'listMembers', { conversationId: groupId });
    return members.find(({ user }) => user.id === anaId)?.readSeq;
  };
  await until("Ana's position on the server", receipt, (seq) => seq === lastSeq);
  return { server, network, ana, anaId, groupId, lastSeq, say, receipt };
}

const badge = (person: PersonInBrowser) => person.inList('Harbour').getByLabel(/unread message/);
const isRead = (person: PersonInBrowser) => badge(person).waitFor({ state: 'detached' });

/** Waits until the list shows this many unread messages and, in the open conversation, a line above the first. */
async function showsUnread(person: PersonInBrowser, count: number, from: string): Promise<void> {
  await person
    .inList('Harbour')
    .getByLabel(`${count} unread message${count === 1 ? '' : 's'}`)
    .waitFor();
  const line = person.page.getByRole('separator', { name: 'New messages' });
  await person.page.locator('.row').filter({ has: line }).filter({ hasText: from }).waitFor();
}

async function markUnread(person: PersonInBrowser, text: string): Promise<void> {
  await person.message(text).locator('.message-text').click({ button: 'right' });
  await person.page.getByRole('menuitem', { name: 'Mark as unread' }).click();
  await untilNoted(person.page, 'Marked as unread from here');
}

describeInBrowser('marking as unread', () => {
  const test = testWith(setUp);

  test('shows on both devices of a person, stays although both show the conversation, and ends with opening it', async (scene) => {
    const { environment, server, ana, lastSeq, say, receipt } = scene;
    const { context, page, faults } = await environment.window();
    await page.goto(`${server.url}/login`);
    await page.getByLabel('Username').fill('ana');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    const laptop = PersonInBrowser.loggedIn('Ana', context, page, faults);
    await laptop.open('Harbour');
    await laptop.message('third').waitFor();
    // Marks from before it is up to date do not concern what it shows.
    await laptop.page.locator('.connection-bar[data-state=live]').waitFor({ state: 'attached' });

    // By keyboard: the menu of the last message, and ↑ to the one before it.
    await focusLastMessage(ana, ana.message('third'));
    await ana.page.keyboard.press('ArrowUp');
    await untilFocused('the message before', ana.message('second'));
    await ana.page.keyboard.press('Shift+F10');
    // The menu takes the focus once, when it is shown.
    await untilFocused('the menu', menuOf(ana));
    await ana.page.getByRole('menuitem', { name: 'Mark as unread' }).press('Enter');
    await untilFocused('the message', ana.message('second'));
    for (const device of [ana, laptop]) await showsUnread(device, 2, 'second');

    await say('fourth');
    for (const device of [ana, laptop]) {
      await device.message('fourth').waitFor();
      await showsUnread(device, 3, 'second');
    }
    expect(await receipt()).toBe(lastSeq);

    await laptop.open('Elsewhere');
    await laptop.open('Harbour');
    for (const device of [ana, laptop]) await isRead(device);
    expect([...ana.faults, ...laptop.faults]).toEqual([]);
  });

  test('ends with writing, and does not count own messages', async ({ ana, say }) => {
    await ana.write('own words');
    await ana.message('own words').getByRole('img', { name: 'Sent' }).waitFor();
    await say('fourth');
    await ana.message('fourth').waitFor();
    await markUnread(ana, 'third');
    await showsUnread(ana, 2, 'third');
    await ana.write('and more');
    await isRead(ana);
    await say('fifth');
    await ana.message('fifth').waitFor();
    await isRead(ana);
    expect(ana.faults).toEqual([]);
  });

  test('without a connection shows at once and after a reload, and reaches the server later', async (scene) => {
    const { server, network, ana, anaId, groupId, lastSeq, receipt } = scene;
    network.cut();
    await ana.page.getByText('No connection').waitFor();
    await markUnread(ana, 'second');
    await showsUnread(ana, 2, 'second');
    await ana.open('Elsewhere');
    await ana.page.getByRole('heading', { name: 'Elsewhere' }).waitFor();
    await ana.page.reload();
    await badge(ana).waitFor();
    network.mend();
    await ana.page.evaluate(() => dispatchEvent(new Event('online')));
    await until(
      'the mark on the server',
      async () => (await server.adapters.conversations.readPositions(groupId, [anaId])).get(anaId),
      (position) => position?.version === 1,
    );
    await badge(ana).waitFor();
    expect(await receipt()).toBe(lastSeq);
  });

  test('in a conversation that is opened without a connection stays, and reaches the server later', async (scene) => {
    const { server, network, ana, anaId, groupId } = scene;
    network.cut();
    await ana.page.getByText('No connection').waitFor();
    await ana.page.reload();
    await markUnread(ana, 'second');
    await showsUnread(ana, 2, 'second');
    network.mend();
    await ana.page.evaluate(() => dispatchEvent(new Event('online')));
    await ana.page.locator('.connection-bar[data-state=live]').waitFor({ state: 'attached' });
    await until(
      'the mark on the server',
      async () => (await server.adapters.conversations.readPositions(groupId, [anaId])).get(anaId),
      (position) => position?.version === 1,
    );
    await showsUnread(ana, 2, 'second');
    const position = (await server.adapters.conversations.readPositions(groupId, [anaId])).get(anaId);
    expect(position).toMatchObject({ seq: scene.lastSeq - 2, version: 1 });
  });
});
