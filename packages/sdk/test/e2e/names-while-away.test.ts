import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Person, RunningServer } from '../../../server/test/support/running-server.ts';
import { MemoryStore, type ParleyClient } from '../../src/index.ts';
import { device, somebody } from '../support/people.ts';
import { until } from '../support/until.ts';

const count = 60;

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

const rename = (person: Person, displayName: string) => server.call(person, 'updateAccount', { displayName });
const isCalled = (client: ParleyClient, { account }: Person, name: string) =>
  until(client, () => client.people.get(account.id)?.displayName === name);

test('new names of partners are known after an absence, also beyond the first page of conversations', async () => {
  const ana = await somebody(server, 'ana');
  const partners = await server.people('partner', count);
  for (const partner of partners) {
    const { id } = await server.call(partner, 'openDirect', { userId: ana.account.id });
    await server.call(partner, 'sendMessage', { conversationId: id, clientMessageId: 'first', text: 'hello' });
  }
  const store = new MemoryStore();
  (await device(server, ana, store)).close();
  const [oldest, second] = partners as [Person, Person];
  await rename(oldest, 'Oldest Renamed');
  await server.adapters.users.update(second.account.id, { displayName: 'Second Renamed' });
  await server.adapters.users.setDisabled(second.account.id, true);
  const back = await device(server, ana, store);
  const titles = () => back.conversations.list().map(({ title }) => title);
  await until(back, () => titles().includes('Oldest Renamed') && titles().includes('Second Renamed'));
  expect(titles().filter((title) => title.endsWith('Renamed'))).toHaveLength(2);
  back.close();
});

test('new names of watched members and authors arrive live and after a lost connection', async () => {
  const [ana, ben, cleo] = await Promise.all(['ana', 'ben', 'cleo'].map((name) => somebody(server, name)));
  if (!ana || !ben || !cleo) throw new Error('there are three');
  const userIds = [ben.account.id, cleo.account.id];
  await server.call(ana, 'createGroup', { name: 'room', userIds });
  const client = await device(server, ana);
  const stop = client.watch({ userIds });
  await isCalled(client, ben, ben.account.displayName);
  await rename(ben, 'Ben Live');
  await isCalled(client, ben, 'Ben Live');
  client.close();
  await rename(cleo, 'Cleo Away');
  client.connect();
  await isCalled(client, cleo, 'Cleo Away');
  // The server pushed no changes of people who were not in view. They are looked up when they are in view again.
  stop();
  client.watch({ userIds: [ben.account.id] });
  await rename(cleo, 'Cleo Unseen');
  client.watch({ userIds });
  await isCalled(client, cleo, 'Cleo Unseen');
  client.close();
});
