import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Person, RunningServer } from '../../../server/test/support/running-server.ts';
import { MemoryStore } from '../../src/index.ts';
import { device, somebody } from '../support/people.ts';
import { until, untilAnswered } from '../support/until.ts';

const count = 201;

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

/** Groups with one message each, in the order of the messages. */
async function groupsOf(person: Person, other: Person): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    const name = `group ${index}`;
    const { id } = await server.call(other, 'createGroup', { name, userIds: [person.account.id] });
    await server.call(other, 'sendMessage', { conversationId: id, clientMessageId: 'first', text: 'hello' });
    ids.push(id);
  }
  return ids;
}

test('entries read on another device during an absence are read here after it, on every page', async () => {
  const [ana, ben] = await Promise.all([somebody(server, 'ana'), somebody(server, 'ben')]);
  const ids = await groupsOf(ana, ben);
  const at = (position: number) => ids.at(-position) ?? '';
  const store = new MemoryStore();
  const first = await device(server, ana, store);
  expect(first.conversations.list().map(({ unreadCount }) => unreadCount)).toEqual(ids.map(() => 1));
  first.close();

  const other = await device(server, ana);
  for (const position of [51, 200]) other.conversations.get(at(position))?.markRead();
  await until(other, () => [51, 200].every((position) => other.conversations.get(at(position))?.unreadCount === 0));
  // The server has the position now, because it has responded to a later request.
  const readOf = async (position: number) => {
    const { unreadCount } = await server.call(ana, 'getConversation', { conversationId: at(position) });
    return unreadCount;
  };
  const isRead = async () => (await readOf(51)) + (await readOf(200)) === 0;
  await untilAnswered(other, isRead, 'the server has both read positions');
  other.close();

  const back = await device(server, ana, store);
  await until(back, () => [51, 200].every((position) => back.conversations.get(at(position))?.unreadCount === 0));
  expect(back.conversations.list().filter(({ unreadCount }) => unreadCount === 1)).toHaveLength(count - 2);
  back.close();
});
