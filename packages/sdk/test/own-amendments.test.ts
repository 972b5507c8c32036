import { beforeEach, expect, test } from 'bun:test';
import { deletedText } from '@parley/protocol';
import { MemoryStore, ParleyError } from '../src/index.ts';
import { comeBack, connected, roomOf } from './support/amended-room.ts';
import { ana, benId, message, roomId } from './support/entries.ts';
import { FakeApi } from './support/fake-api.ts';
import { idle } from './support/idle.ts';

let api: FakeApi;
beforeEach(() => {
  api = new FakeApi(2);
  api.features = ['amendments'];
});

const own = { senderId: ana.id };
const sentAmendments = () => api.runtime.socket.of('amend');

async function withOwnMessage(store = new MemoryStore()) {
  api.write(roomId, 1);
  api.amend(roomId, 1, own);
  const { client, shown } = await connected(api, store);
  const { entries } = await roomOf(client).history({ limit: 50 });
  const [entry] = entries;
  if (entry?.kind !== 'message') throw new Error('there is no message');
  return { client, shown, entry };
}

function acknowledge(revision: number): void {
  const frame = sentAmendments().at(-1);
  const { socket } = api.runtime;
  socket.say({ type: 'amend_ack', id: String(frame?.['id']), conversationId: roomId, seq: 1, revision });
}

test('an edit is shown at once, sent, and replaced by the state of the server', async () => {
  const { client, shown, entry } = await withOwnMessage();
  const amending = roomOf(client).message(entry).edit('better');
  expect(shown.texts.get(1)).toBe('better (edited)');
  await idle();
  expect(sentAmendments()).toMatchObject([
    { conversationId: roomId, seq: 1, change: { kind: 'edit', text: 'better' } },
  ]);
  acknowledge(2);
  expect(await amending.done()).toMatchObject({ seq: 1, revision: 2 });
  api.runtime.socket.say(api.amend(roomId, 1, { text: 'better', editedAtMs: 7 }));
  expect(shown.texts.get(1)).toBe('better (edited)');
  const after = await roomOf(client).history({ limit: 50 });
  expect(after.entries).toMatchObject([{ text: 'better', editedAtMs: 7, revision: 2 }]);
});

test('a refused amendment is taken back with the reason; others of the message stay', async () => {
  const { client, shown, entry } = await withOwnMessage();
  const reaction = roomOf(client).message(entry).react('👍');
  const edit = roomOf(client).message(entry).edit('too late');
  expect(shown.texts.get(1)).toBe('too late (edited) 👍1!');
  await idle();
  acknowledge(2);
  await idle();
  const frame = sentAmendments().at(-1);
  api.runtime.socket.say({ type: 'error', id: String(frame?.['id']), code: 'edit_window_over', message: 'too late' });
  await idle();
  expect(shown.texts.get(1)).toBe('text 1 👍1!');
  expect(shown.failures.map(({ code }) => code)).toEqual(['edit_window_over']);
  await expect(edit.done()).rejects.toThrow('too late');
  expect(await reaction.done()).toMatchObject({ revision: 2 });
});

test('a reaction is marked as own also if its state arrived before its acknowledgement', async () => {
  const store = new MemoryStore();
  const { client, shown, entry } = await withOwnMessage(store);
  const reaction = roomOf(client).message(entry).react('👍');
  await idle();
  api.runtime.socket.say(api.amend(roomId, 1, { reactions: [{ emoji: '👍', count: 1 }] }));
  acknowledge(2);
  await reaction.done();
  await idle();
  expect(shown.texts.get(1)).toBe('text 1 👍1!');
  expect(await store.entries(roomId, { limit: 1 })).toMatchObject([{ reactions: [{ emoji: '👍', mine: true }] }]);
});

test('an amendment with an earlier state of the message changes the latest, and a refusal shows the latest', async () => {
  const { client, shown, entry } = await withOwnMessage();
  api.runtime.socket.say(api.amend(roomId, 1, { text: 'edited elsewhere', editedAtMs: 5 }));
  roomOf(client).message(entry).react('👍');
  expect(shown.texts.get(1)).toBe('edited elsewhere (edited) 👍1!');
  await idle();
  const frame = sentAmendments().at(-1);
  api.runtime.socket.say({ type: 'error', id: String(frame?.['id']), code: 'message_deleted', message: 'deleted' });
  await idle();
  expect(shown.texts.get(1)).toBe('edited elsewhere (edited)');
});

test('a refusal is reported also if the change that caused it arrived before', async () => {
  const { client, shown, entry } = await withOwnMessage();
  const edit = roomOf(client).message(entry).edit('too late');
  await idle();
  api.runtime.socket.say(api.amend(roomId, 1, { text: deletedText, deleted: { byId: benId, atMs: 5 } }));
  expect(shown.failures).toEqual([]);
  const frame = sentAmendments().at(-1);
  api.runtime.socket.say({ type: 'error', id: String(frame?.['id']), code: 'message_deleted', message: 'deleted' });
  await idle();
  expect(shown.failures.map(({ code }) => code)).toEqual(['message_deleted']);
  expect(shown.texts.get(1)).toBe(deletedText);
  await expect(edit.done()).rejects.toThrow('deleted');
});

test('a refusal is reported also if the message was not shown since the restart', async () => {
  const store = new MemoryStore();
  const { client, entry } = await withOwnMessage(store);
  client.close();
  roomOf(client).message(entry).edit('written offline');
  await idle();
  const { shown } = await connected(api, store);
  const frame = sentAmendments().at(-1);
  api.runtime.socket.say({ type: 'error', id: String(frame?.['id']), code: 'message_deleted', message: 'deleted' });
  await idle();
  expect(shown.failures.map(({ code }) => code)).toEqual(['message_deleted']);
  expect(await store.amendments()).toEqual([]);
});

test('an amendment survives a restart without a connection, and is sent once under its id', async () => {
  const store = new MemoryStore();
  const { client, entry } = await withOwnMessage(store);
  client.close();
  roomOf(client).message(entry).edit('written offline');
  await idle();
  const later = await api.client(store);
  expect((await roomOf(later).history({ limit: 50 })).entries).toMatchObject([{ text: 'written offline' }]);
  later.connect();
  await api.accept();
  const [first] = sentAmendments();
  expect(first).toMatchObject({ seq: 1, change: { kind: 'edit', text: 'written offline' } });
  api.runtime.socket.end(1006);
  await comeBack(api);
  expect(sentAmendments()).toMatchObject([{ amendmentId: first?.['amendmentId'] }]);
  acknowledge(2);
  await idle();
  expect(await store.amendments()).toEqual([]);
});

test.each(['a reply', 'a message after a reply'])('%s that waits for the catch-up was never sent', async (which) => {
  const { client } = await withOwnMessage();
  client.close();
  const room = roomOf(client);
  client.connect();
  // The catch-up waits for the entries of the room.
  const { promise: held, resolve: release } = Promise.withResolvers<undefined>();
  api.intervene = () => held;
  api.answerCatchUp = () => undefined;
  api.write(roomId, 1);
  await api.accept();
  expect(client.state.name).toBe('catching-up');
  const reply = room.send('a reply', { replyTo: 1 });
  const waiting = which === 'a reply' ? reply : room.send('another');
  await idle();
  room.message(waiting).edit('corrected');
  expect(sentAmendments()).toEqual([]);
  await room.message(waiting).delete().done();
  expect(room.outbox).not.toContain(waiting);
  release(undefined);
  client.close();
});

test('a message that waits for the response to another was never sent', async () => {
  const { client } = await withOwnMessage();
  const room = roomOf(client);
  const first = room.send('first');
  const second = room.send('second');
  await idle();
  expect(first.status).toBe('sending');
  await room.message(second).delete().done();
  expect(room.outbox).toEqual([first]);
});

test('a message that was never sent is edited in place, and discarded when it is deleted', async () => {
  const { client } = await withOwnMessage();
  client.close();
  const room = roomOf(client);
  const first = room.send('one');
  const second = room.send('two');
  await idle();
  room.message(first).edit('one, corrected');
  await room.message(second).delete().done();
  expect(room.outbox.map(({ text }) => text)).toEqual(['one, corrected']);
  client.connect();
  await api.accept();
  expect(api.runtime.socket.of('send')).toMatchObject([{ text: 'one, corrected' }]);
  expect(sentAmendments()).toEqual([]);
});

test('an edit of a message that may have arrived waits behind it', async () => {
  const { client, shown } = await withOwnMessage();
  const room = roomOf(client);
  const sent = room.send('one');
  await idle();
  api.runtime.socket.end(1006);
  room.message(sent).edit('one, corrected');
  await comeBack(api);
  const [again] = api.runtime.socket.of('send');
  expect(again).toMatchObject({ text: 'one', clientMessageId: sent.clientMessageId });
  expect(sentAmendments()).toEqual([]);
  const receipt = { conversationId: roomId, seq: 2, messageCount: 2, atMs: 9 };
  api.runtime.socket.say({
    type: 'ack',
    id: String(again?.['id']),
    clientMessageId: sent.clientMessageId,
    ...receipt,
  });
  api.write(roomId, 1);
  const entry = message(2, { ...own, text: 'one', clientMessageId: sent.clientMessageId });
  api.runtime.socket.say({ type: 'entry', entry });
  await idle();
  expect(shown.texts.get(2)).toBe('one, corrected (edited)');
  expect(sentAmendments()).toMatchObject([{ seq: 2, change: { text: 'one, corrected' } }]);
});

test('a message that may have arrived is reported as deleted at once, also after a restart', async () => {
  const store = new MemoryStore();
  const { client } = await withOwnMessage(store);
  const sent = roomOf(client).send('one');
  const reported: boolean[] = [];
  client.on('outbox', ({ isDeleted }) => reported.push(isDeleted));
  await idle();
  api.runtime.socket.end(1006);
  roomOf(client).message(sent).delete();
  expect(reported.at(-1)).toBe(true);
  await idle();
  client.close();
  const later = await api.client(store);
  expect(later.unsent.map(({ text, isDeleted }) => ({ text, isDeleted }))).toEqual([{ text: 'one', isDeleted: true }]);
});

test('a server without the feature refuses an amendment, and a reply is sent as a message', async () => {
  api.features = [];
  const { client, shown, entry } = await withOwnMessage();
  const amending = roomOf(client).message(entry).edit('x');
  roomOf(client).send('an answer', { replyTo: 1 });
  await expect(amending.done()).rejects.toBeInstanceOf(ParleyError);
  await idle();
  expect(shown.failures.map(({ code }) => code)).toEqual(['feature_not_enabled']);
  expect(shown.texts.get(1)).toBe('text 1');
  expect(api.runtime.socket.of('send').map((frame) => 'replyTo' in frame)).toEqual([false]);
});
