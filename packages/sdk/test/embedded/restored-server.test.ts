import { expect, test } from 'bun:test';
import { MemoryStore } from '../../src/index.ts';
import {
  aServerForEachTest,
  historyOf,
  logIn,
  newClient,
  numbered,
  password,
  room,
  server,
  textsOf,
  write,
} from '../support/restored-room.ts';
import { collect, until, untilAnswered, untilShown } from '../support/until.ts';

aServerForEachTest();

test('a restore to the same moment loses nothing, shows nothing twice, and is reported', async () => {
  const { made, ben, bens } = await room(20);
  const [shown, restored] = [collect(ben, 'entry'), collect(ben, 'restored')];
  await server.restore();
  await until(ben, () => restored.some(({ conversation }) => conversation === bens));
  await write(made, 'new', 3);
  await until(ben, () => shown.length === 3);
  expect(textsOf(shown)).toEqual(numbered('new', 3));
});

test('waiting messages are sent once after a restore; acknowledged messages that were lost are not sent again', async () => {
  const { ana, made } = await room(5);
  const acknowledgedTwice = made.send('acknowledged after the backup');
  await acknowledgedTwice.sent();
  const restored = collect(ana, 'restored');
  await server.end();
  await until(ana, () => ana.state.name === 'waiting');
  const waiting = ['one', 'two', 'three'].map((text) => made.send(text));
  await server.restore();
  const receipts = await Promise.all(waiting.map((message) => message.sent()));
  await until(ana, () => restored.some(({ conversation }) => conversation === made));
  expect(receipts.map(({ seq }) => seq)).toEqual([7, 8, 9]);
  expect(await historyOf(ana, made.id)).toEqual([...numbered('kept', 5), 'one', 'two', 'three']);
  expect(made.outbox).toEqual([]);
});

for (const how of ['goes on', 'is restarted'] as const) {
  test(`messages of a session lost in a restore are sent once when a client that ${how} logs in`, async () => {
    const { ana, made } = await room(5);
    const store = new MemoryStore();
    const later = await logIn('ben', store);
    const ended = collect(later, 'sessionEnded');
    await server.end();
    await until(later, () => later.state.name === 'waiting');
    const waiting = ['one', 'two'].map((text) => later.conversations.get(made.id)?.send(text));
    await Promise.all(waiting.map((message) => message?.kept()));
    await server.restore();
    await until(later, () => ended.length === 1);
    expect([ended, later.account, later.lostAccount?.username]).toEqual([[{ lost: true }], null, 'ben']);
    let again = later;
    if (how === 'is restarted') {
      later.close();
      again = newClient(store);
      expect([await again.resume(), again.lostAccount?.username]).toEqual([null, 'ben']);
    }
    await again.login({ username: 'ben', password });
    again.connect();
    await again.live();
    await until(again, () => again.conversations.get(made.id)?.outbox.length === 0);
    expect(await historyOf(ana, made.id)).toEqual([...numbered('kept', 5), 'one', 'two']);
    expect([again.account?.username, again.lostAccount]).toEqual(['ben', null]);
  });
}

test('a conversation lost in a restore is removed, and its unsent messages fail with the reason', async () => {
  const { ana, ben } = await room(1);
  const later = await ana.conversations.createGroup({ name: 'later', userIds: [ben.account?.id ?? ''] });
  await later.send('hello').sent();
  const bens = await until(ben, () => ben.conversations.get(later.id));
  const removed = collect(ben, 'conversation');
  await server.end();
  await until(ana, () => ana.state.name === 'waiting');
  const unsent = later.send('never arrives');
  await server.restore();
  await until(ben, () => removed.some((event) => event.removed && event.conversation === bens));
  expect(ben.conversations.list().map(({ title }) => title)).toEqual(['room']);
  expect(await unsent.sent().catch((error: unknown) => error)).toMatchObject({ code: 'not_found' });
});

test('read positions are those of the restored server and advance from there', async () => {
  const { made, ben, bens } = await room(10);
  bens.markRead();
  await until(ben, () => bens.unreadCount === 0);
  await write(made, 'lost', 5);
  await untilShown(ben, bens, 16);
  bens.markRead();
  const [restored, faults] = [collect(ben, 'restored'), collect(ben, 'error')];
  await server.restore();
  await until(ben, () => restored.some(({ conversation }) => conversation === bens));
  await ben.live();
  bens.markRead();
  await until(ben, () => bens.unreadCount === 0);
  await write(made, 'new', 2);
  await until(ben, () => bens.unreadCount === 2);
  // A number from before the restore, which a view may still have.
  bens.markRead(16);
  await until(ben, () => bens.unreadCount === 0);
  const isRead = async () => (await ben.call('getConversation', { conversationId: made.id })).unreadCount === 0;
  await untilAnswered(ben, isRead);
  expect(faults).toEqual([]);
});
