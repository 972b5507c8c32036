import { afterAll, beforeAll, expect, test } from 'bun:test';
import { ParleyClient } from '@parley/sdk';
import { type Person, RunningServer } from '../../../server/test/support/running-server.ts';
import { browserOfFile, describeInBrowser, openWindow, withServiceWorker } from '../support/browser.ts';
import { Network } from '../support/network.ts';
import { PersonInBrowser, password } from '../support/person.ts';

const browser = browserOfFile();
let server: RunningServer;
let count = 0;

/** Ana in a browser behind a network of her own, and people of these names. */
async function inGroup(names: readonly string[]) {
  const own = `Ana${++count}`;
  const network = new Network(Number(new URL(server.url).port));
  const ana = await PersonInBrowser.signUp(await browser(), network.url, own, withServiceWorker);
  const people = await Promise.all(names.map((name) => server.person(`${name}${count}`)));
  const [owner] = people as [Person, ...Person[]];
  const anaId = (await server.call(owner, 'userSearch', { q: own })).users[0]?.id ?? '';
  return { network, ana, anaId, owner, people };
}

/** Cuts the network, runs `happens`, and reconnects. */
async function whileAway(network: Network, { page }: PersonInBrowser, happens: () => Promise<unknown>): Promise<void> {
  const isAway = page.locator('.connection-bar:not([hidden])');
  network.cut();
  await isAway.waitFor();
  await happens();
  network.mend();
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await isAway.waitFor({ state: 'detached' });
}

beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

describeInBrowser('changes while there is no connection', () => {
  test('show in an open list of members: one removed, one added, one with another role, the same count', async () => {
    const { network, ana, anaId, owner, people } = await inGroup(['mira', 'kim', 'lee', 'noa']);
    const [, kim, lee, noa] = people as [Person, Person, Person, Person];
    const idOf = (person: Person) => person.account.id;
    const { id: conversationId } = await server.call(owner, 'createGroup', {
      name: 'Harbour',
      userIds: [anaId, idOf(kim), idOf(noa)],
    });
    await ana.open('Harbour');
    await ana.page.getByRole('button', { name: 'Details', exact: true }).click();
    const members = ana.page.getByRole('region', { name: 'Members' });
    const line = (person: Person) => members.getByRole('listitem').filter({ hasText: `@${person.account.username}` });
    await line(kim).waitFor();
    await whileAway(network, ana, async () => {
      await server.call(owner, 'removeMember', { conversationId, userId: idOf(kim) });
      await server.call(owner, 'addMembers', { conversationId, userIds: [idOf(lee)] });
      await server.call(owner, 'setRole', { conversationId, userId: idOf(noa), role: 'admin' });
    });
    await line(lee).waitFor();
    await line(kim).waitFor({ state: 'detached' });
    await line(noa).filter({ hasText: 'admin' }).waitFor();
    // The same while connected: the count stays the same.
    await server.call(owner, 'removeMember', { conversationId, userId: idOf(lee) });
    await server.call(owner, 'addMembers', { conversationId, userIds: [idOf(kim)] });
    await line(kim).waitFor();
    await line(lee).waitFor({ state: 'detached' });
    expect(ana.faults).toEqual([]);
    network.close();
  });

  test('show that a message was read', async () => {
    const { network, ana, anaId, owner } = await inGroup(['mira']);
    const { id: conversationId } = await server.call(owner, 'createGroup', { name: 'Pier', userIds: [anaId] });
    await ana.open('Pier');
    await ana.write('Anybody?');
    const message = ana.message('Anybody?');
    await message.getByRole('img', { name: 'Sent', exact: true }).waitFor();
    await whileAway(network, ana, async () => {
      const { headSeq } = await server.call(owner, 'getConversation', { conversationId });
      await server.call(owner, 'markRead', { conversationId, seq: headSeq });
    });
    await message.getByRole('img', { name: 'Read', exact: true }).waitFor();
    network.close();
  });

  test('show a new name above old and new messages, as they do while connected', async () => {
    const { network, ana, anaId, owner, people } = await inGroup(['mira', 'kim']);
    const [, kim] = people as [Person, Person];
    const { id: conversationId } = await server.call(owner, 'createGroup', {
      name: 'Quay',
      userIds: [anaId, kim.account.id],
    });
    const say = (text: string) =>
      server.call(kim, 'sendMessage', { conversationId, clientMessageId: crypto.randomUUID(), text });
    const rename = (displayName: string) => server.call(kim, 'updateAccount', { displayName });
    await say('first');
    await ana.open('Quay');
    const saidBy = (name: string, text: string) =>
      ana.page
        .getByRole('article', { name: new RegExp(name) })
        .filter({ hasText: text })
        .waitFor();
    await saidBy(kim.account.displayName, 'first');
    await whileAway(network, ana, () => rename('Kim Away'));
    await saidBy('Kim Away', 'first');
    await rename('Kim Live');
    await saidBy('Kim Live', 'first');
    await say('second');
    await saidBy('Kim Live', 'second');
    // The name changes while the conversation is not in view.
    await ana.page.getByRole('link', { name: 'Settings' }).click();
    await ana.page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    await rename('Kim Unseen');
    await ana.open('Quay');
    await saidBy('Kim Unseen', 'first');
    await saidBy('Kim Unseen', 'second');
    network.close();
  });
});

describeInBrowser('in a list of 201 conversations', () => {
  test('read positions and new names are up to date after the page was closed, also beyond the 50th', async () => {
    const ana = await PersonInBrowser.signUp(await browser(), server.url, 'Anatole');
    const partners = await server.people('pal', 201);
    const anaId = (await server.call(partners[0] as Person, 'userSearch', { q: 'anatole' })).users[0]?.id ?? '';
    const ids: string[] = [];
    for (const partner of partners) {
      const { id } = await server.call(partner, 'openDirect', { userId: anaId });
      await server.call(partner, 'sendMessage', { conversationId: id, clientMessageId: 'first', text: 'hello' });
      ids.push(id);
    }
    const at = (position: number) => partners.at(-position) as Person;
    const filter = ana.page.getByRole('searchbox', { name: 'Filter conversations' });
    const unread = (title: string) => ana.inList(title).getByRole('img', { name: '1 unread message' });
    await filter.fill('pal0');
    await unread('pal0').waitFor();
    await ana.page.goto('about:blank');
    const other = new ParleyClient({ url: server.url });
    await other.login({ username: 'anatole', password });
    for (const position of [51, 200]) {
      const conversationId = ids.at(-position) ?? '';
      await other.call('markRead', { conversationId, seq: 2 });
      await server.call(at(position), 'updateAccount', { displayName: `Renamed ${position}` });
    }
    await ana.page.goto(server.url);
    for (const position of [51, 200]) {
      await filter.fill(`Renamed ${position}`);
      await ana.inList(`Renamed ${position}`).waitFor();
      await unread(`Renamed ${position}`).waitFor({ state: 'detached' });
    }
    await filter.fill(at(52).account.displayName);
    await unread(at(52).account.displayName).waitFor();
    expect(ana.faults).toEqual([]);
  });

  test('messages that the person reads in another browser are marked read at once', async () => {
    const ana = await PersonInBrowser.signUp(await browser(), server.url, 'Anika');
    const [pal] = (await server.people('mate', 1)) as [Person];
    const anaId = (await server.call(pal, 'userSearch', { q: 'anika' })).users[0]?.id ?? '';
    const { id } = await server.call(pal, 'openDirect', { userId: anaId });
    await server.call(pal, 'sendMessage', { conversationId: id, clientMessageId: 'first', text: 'hello' });
    const unread = ana.inList('mate0').getByRole('img', { name: '1 unread message' });
    await unread.waitFor();
    const { context, page, faults } = await openWindow(await browser());
    await page.goto(`${server.url}/login`);
    await page.getByLabel('Username').fill('anika');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await PersonInBrowser.loggedIn('Anika', context, page, faults).open('mate0');
    await unread.waitFor({ state: 'detached' });
    await context.close();
  });
});
