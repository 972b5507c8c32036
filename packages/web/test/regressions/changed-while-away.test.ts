import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Person, RunningServer } from '../../../server/test/support/running-server.ts';
import { browserOfFile, describeInBrowser } from '../support/browser.ts';
import { Network } from '../support/network.ts';
import { PersonInBrowser } from '../support/person.ts';

const browser = browserOfFile();
let server: RunningServer;
let count = 0;

/** Somebody in a browser behind a network of their own, and those whom they share a group with. */
async function inGroup(names: readonly string[]) {
  const own = `Ana${++count}`;
  const network = new Network(Number(new URL(server.url).port));
  const ana = await PersonInBrowser.signUp(await browser(), network.url, own);
  const people = await Promise.all(names.map((name) => server.person(`${name}${count}`)));
  const [owner] = people as [Person, ...Person[]];
  const anaId = (await server.call(owner, 'userSearch', { q: own })).users[0]?.id ?? '';
  return { network, ana, anaId, owner, people };
}

/** The connection is away until it is back, and this happens meanwhile. */
async function whileAway(network: Network, { page }: PersonInBrowser, happens: () => Promise<unknown>): Promise<void> {
  const isAway = page.locator('.connection-bar:not([hidden])');
  network.cut();
  await isAway.waitFor();
  await happens();
  network.mend();
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await isAway.waitFor({ state: 'detached' });
}

describeInBrowser('what changes while the connection is away', () => {
  beforeAll(async () => {
    server = await RunningServer.start();
  });
  afterAll(() => server.stop());

  test('an open list of members follows: one removed, one added, one with another role, the count the same', async () => {
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
    // Live, too: the count stays the same.
    await server.call(owner, 'removeMember', { conversationId, userId: idOf(lee) });
    await server.call(owner, 'addMembers', { conversationId, userIds: [idOf(kim)] });
    await line(kim).waitFor();
    await line(lee).waitFor({ state: 'detached' });
    expect(ana.faults).toEqual([]);
    network.close();
  });

  test('a message that is read meanwhile says so', async () => {
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
});
