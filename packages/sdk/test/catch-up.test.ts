import { beforeEach, describe, expect, test } from 'bun:test';
import type { Entry } from '@parley/protocol';
import { MemoryStore, type ParleyClient } from '../src/index.ts';
import { otherRoomId, roomId } from './support/entries.ts';
import { FakeApi } from './support/fake-api.ts';
import { idle } from './support/idle.ts';

let api: FakeApi;
beforeEach(() => {
  api = new FakeApi(2);
});

const ids = Array.from({ length: 7 }, (_, index) => `01900000-0000-7000-8000-0000000001${index}0`);

/** The numbers of the shown entries, by conversation. */
function watch(client: ParleyClient): Map<string, number[]> {
  const shown = new Map<string, number[]>();
  client.on('entry', ({ conversationId, seq }: Entry) => {
    shown.set(conversationId, [...(shown.get(conversationId) ?? []), seq]);
  });
  return shown;
}

async function connected(store = new MemoryStore()): Promise<ParleyClient> {
  const client = await api.client(store);
  client.connect();
  await api.accept();
  expect(client.state.name).toBe('live');
  return client;
}

async function comeBack(): Promise<void> {
  await api.runtime.pass(60_000);
  await api.accept();
}

test('the first catch-up loads all pages and emits no entries', async () => {
  for (const id of ids) api.write(id, 3);
  const client = await api.client();
  const shown = watch(client);
  client.connect();
  await api.accept();
  expect(client.state.name).toBe('live');
  expect(client.conversations.list().map(({ id }) => id)).toEqual(ids.toReversed());
  expect(shown.size).toBe(0);
  expect(api.runtime.socket.of('hello')).toEqual([{ type: 'hello', token: 'secret', resume: false }]);
});

test('a later catch-up stops at the first page without changes', async () => {
  for (const id of ids) api.write(id, 3);
  const client = await connected();
  const shown = watch(client);
  api.runtime.socket.end(1006);
  api.write(ids[0] ?? '', 2);
  api.asked.length = 0;
  await comeBack();
  expect(client.state.name).toBe('live');
  expect(shown).toEqual(new Map([[ids[0] ?? '', [4, 5]]]));
  expect(api.asked.filter((path) => path.startsWith('/v1/homepage'))).toHaveLength(1);
});

describe('contract 5: no gap between snapshot and live entries', () => {
  test('entries that arrive before the welcome and during catch-up are shown once, in order', async () => {
    api.write(roomId, 3);
    const client = await connected();
    const shown = watch(client);
    api.runtime.socket.end(1006);
    api.write(roomId, 5);
    let release: () => void = () => undefined;
    api.intervene = () =>
      new Promise((resolve) => {
        release = () => resolve(undefined);
      });
    await api.runtime.pass(60_000);
    const { socket } = api.runtime;
    const before = api.write(roomId);
    for (const entry of before) socket.say({ type: 'entry', entry });
    await api.accept();
    for (const entry of api.write(roomId)) socket.say({ type: 'entry', entry });
    for (const entry of before) socket.say({ type: 'entry', entry });
    api.intervene = () => undefined;
    release();
    await idle();
    expect(client.state.name).toBe('live');
    expect(shown.get(roomId)).toEqual([4, 5, 6, 7, 8, 9, 10]);
  });

  test('a client is live only when all entries up to the heads of the snapshot have arrived', async () => {
    api.write(roomId, 3);
    const client = await connected();
    const shown = watch(client);
    api.runtime.socket.end(1006);
    // A gap is being filled up to a number below that of the snapshot.
    let release: () => void = () => undefined;
    api.intervene = () =>
      new Promise((resolve) => {
        release = () => resolve(undefined);
      });
    const written = api.write(roomId, 3);
    await api.runtime.pass(60_000);
    for (const entry of written.slice(1, 2)) api.runtime.socket.say({ type: 'entry', entry });
    api.write(roomId, 4);
    await api.accept();
    expect(client.state.name).toBe('catching-up');
    api.intervene = () => undefined;
    release();
    await idle();
    expect(client.state.name).toBe('live');
    expect(shown.get(roomId)).toEqual([4, 5, 6, 7, 8, 9, 10]);
  });
});

test('contract 4: a gap is filled from history before later entries are shown', async () => {
  api.write(roomId, 1);
  const client = await connected();
  const shown = watch(client);
  const [, ...later] = api.write(roomId, 4);
  for (const entry of later) api.runtime.socket.say({ type: 'entry', entry });
  await idle();
  expect(shown.get(roomId)).toEqual([2, 3, 4, 5]);
  expect(api.asked.at(-1)).toBe(`/v1/conversations/${roomId}/history?after=1&limit=1`);
  expect(client.conversations.get(roomId)?.data.headSeq).toBe(5);
});

test('an entry of an unknown conversation fetches the conversation, and later entries wait for it', async () => {
  await connected();
  const client = await connected();
  const shown = watch(client);
  const [first, second] = api.write(otherRoomId, 2);
  if (!first || !second) throw new Error('two were written');
  api.runtime.socket.say({ type: 'entry', entry: first });
  api.runtime.socket.say({ type: 'entry', entry: second });
  await idle();
  expect(shown.get(otherRoomId)).toEqual([1, 2]);
  expect(api.asked.filter((path) => path === `/v1/conversations/${otherRoomId}`)).toHaveLength(1);
});

test('a conversation that was deleted meanwhile does not delay the others', async () => {
  for (const id of [roomId, otherRoomId]) api.write(id, 1);
  const client = await connected();
  const shown = watch(client);
  api.runtime.socket.end(1006);
  for (const id of [roomId, otherRoomId]) api.write(id, 1);
  api.intervene = (url) => {
    if (url.pathname.includes(otherRoomId)) api.delete(otherRoomId);
    return undefined;
  };
  await comeBack();
  expect(client.state.name).toBe('live');
  expect(shown).toEqual(new Map([[roomId, [2]]]));
  expect(client.conversations.get(otherRoomId)).toBeUndefined();
});
