import { beforeEach, expect, test } from 'bun:test';
import { MemoryStore, type ParleyClient } from '../../src/index.ts';
import { connected, roomOf } from '../support/amended-room.ts';
import { ana, roomId } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import { idle } from '../support/idle.ts';

let api: FakeApi;
let store: MemoryStore;
let client: ParleyClient;

/** Twenty messages, all read, of which the user wrote the eighth. The client has them in its store, and is offline. */
beforeEach(async () => {
  api = new FakeApi();
  api.features = ['mark_unread'];
  for (const entry of api.write(roomId, 20)) if (entry.seq === 8) entry.senderId = ana.id;
  api.read(roomId, 20);
  store = new MemoryStore();
  ({ client } = await connected(api, store));
  await room().history({ after: 0, limit: 50 });
  api.runtime.socket.end(1006);
});

const room = () => roomOf(client);

function state() {
  const { unreadCount, membership } = room().data;
  return [unreadCount, membership?.readSeq, membership?.readVersion ?? 0];
}

test.each([
  ['', () => undefined, [14, 5, 1]],
  [' that was read after it', () => room().markRead(), [0, 20, 1]],
])(
  'a mark%s is shown by the next run if this one ended before it stored the conversation',
  async (_, read, expected) => {
    const before = structuredClone(await store.conversations());
    await room().markUnread(6);
    read();
    await idle();
    expect(state()).toEqual(expected);
    client.close();
    for (const each of before) await store.putConversation(each);
    client = await api.client(store);
    expect(state()).toEqual(expected);
    client.connect();
    await api.accept();
    expect(state()).toEqual(expected);
    expect(api.runtime.socket.of('unread')).toMatchObject([{ seq: 6, readSeq: 20, readVersion: 0 }]);
  },
);

test('a mark is stored when its promise resolves, and shown before', async () => {
  const { promise: written, resolve: write } = Promise.withResolvers<void>();
  const setSession = store.setSession.bind(store);
  store.setSession = async (session) => {
    await written;
    await setSession(session);
  };
  let isResolved = false;
  const marking = room()
    .markUnread(6)
    .then(() => {
      isResolved = true;
    });
  await idle();
  expect([isResolved, state()]).toEqual([false, [14, 5, 1]]);
  write();
  await marking;
  expect((await store.session())?.unsentMarks).toEqual({ [roomId]: { seq: 6, readSeq: 20, readVersion: 0 } });
});
