import { beforeEach, describe, expect, test } from 'bun:test';
import { MemoryStore, type ParleyClient } from '../src/index.ts';
import { connected, roomOf } from './support/amended-room.ts';
import { ana, otherRoomId, roomId } from './support/entries.ts';
import { FakeApi } from './support/fake-api.ts';
import { welcome } from './support/frames.ts';
import { idle } from './support/idle.ts';

let api: FakeApi;
let store: MemoryStore;
let client: ParleyClient;

/** Twenty messages, all read, of which the user wrote 8 and 12. The client has them in its store. */
beforeEach(async () => {
  api = new FakeApi();
  api.features = ['mark_unread'];
  for (const entry of api.write(roomId, 20)) if ([8, 12].includes(entry.seq)) entry.senderId = ana.id;
  api.read(roomId, 20);
  api.write(otherRoomId, 1);
  store = new MemoryStore();
  ({ client } = await connected(api, store));
  await room().history({ after: 0, limit: 50 });
});

const room = (of = client) => roomOf(of);

const state = (of = client) => {
  const { unreadCount, membership } = room(of).data;
  return [unreadCount, membership?.readSeq, membership?.readVersion ?? 0];
};
const socket = () => api.runtime.socket;
const frames = (type: string) => socket().of(type) as { id: string; [field: string]: unknown }[];
/** The frames of this type that the client sent on the newest connection. */
const sent = (type: string) => frames(type).map(({ id: _, ...frame }): object => frame);

/** The server answers the newest frame of this type with a position. */
async function answer(type: string, position: { seq: number; readVersion?: number }): Promise<void> {
  const { id } = frames(type).at(-1) ?? { id: '' };
  socket().say({ type: 'read', id, conversationId: roomId, userId: ana.id, messageCount: position.seq, ...position });
  await idle();
}

/** Another message arrives, from Ben or from the user. */
function arrive(own?: { clientMessageId: string }): void {
  const [entry] = api.write(roomId, 1);
  if (!entry) throw new Error('nothing was written');
  if (own) Object.assign(entry, { senderId: ana.id, clientMessageId: own.clientMessageId });
  socket().say({ type: 'entry', entry });
}

async function reconnect(): Promise<void> {
  await api.runtime.pass(60_000);
  await api.accept();
}

describe('a mark as unread', () => {
  test('changes the count and the position at once, without own messages, and is sent with the known position', async () => {
    await room().markUnread(6);
    expect(state()).toEqual([13, 5, 1]);
    expect(sent('unread')).toEqual([{ type: 'unread', conversationId: roomId, seq: 6, readSeq: 20, readVersion: 0 }]);
    await answer('unread', { seq: 5, readVersion: 1 });
    expect(state()).toEqual([13, 5, 1]);
    arrive();
    expect(state()).toEqual([14, 5, 1]);
    room().markRead();
    expect(sent('read')).toEqual([{ type: 'read', conversationId: roomId, seq: 21, readVersion: 1 }]);
    expect(state()).toEqual([0, 21, 1]);
  });

  test('is not undone by an own message that was written before it', async () => {
    const message = room().send('written before');
    await idle();
    await room().markUnread(6);
    arrive(message);
    expect(state()).toEqual([13, 5, 1]);
  });

  test('ends with an own message that is written after it', async () => {
    await room().markUnread(6);
    const message = room().send('written after');
    arrive(message);
    expect(state()).toEqual([0, 21, 1]);
  });

  test('that the server ignores, because the position moved, leaves the position of the server', async () => {
    await room().markUnread(6);
    arrive();
    room().markRead(15);
    await answer('unread', { seq: 21 });
    expect(state()).toEqual([0, 21, 0]);
    // The position of this device was made on a mark that does not exist.
    expect(sent('read')).toEqual([]);
  });

  test('that the server refuses is undone and reported', async () => {
    const errors: unknown[] = [];
    client.on('error', (error) => errors.push(error));
    await room().markUnread(6);
    const { id } = frames('unread').at(-1) ?? { id: '' };
    socket().say({ type: 'error', id, code: 'invalid_request', message: '/seq is too small' });
    await idle();
    expect(errors).toHaveLength(1);
    expect(state()).toEqual([0, 20, 0]);
  });

  test('of an entry from before joining or beyond the end, and without the feature, is refused here', async () => {
    for (const seq of [0, 1, 21])
      await expect(room().markUnread(seq)).rejects.toMatchObject({ code: 'invalid_request' });
    client.close();
    api.features = [];
    ({ client } = await connected(api, store));
    await expect(room().markUnread(6)).rejects.toMatchObject({ code: 'feature_not_enabled' });
    room().markRead(20);
    expect(sent('unread')).toEqual([]);
    expect(state()).toEqual([0, 20, 0]);
  });

  test('of an entry before the newest 500 stored ones shows at once', async () => {
    socket().end(1006);
    await store.putEntries(roomId, api.write(roomId, 600));
    api.read(roomId, 620);
    await reconnect();
    await room().markUnread(6);
    expect(sent('unread')).toEqual([{ type: 'unread', conversationId: roomId, seq: 6, readSeq: 620, readVersion: 0 }]);
    // Own messages before the newest 500 count as unread.
    expect(state()).toEqual([615, 5, 1]);
    room().markRead(300);
    expect(state()).toEqual([615, 5, 1]);
    await answer('unread', { seq: 5, readVersion: 1 });
    expect(sent('read')).toEqual([{ type: 'read', conversationId: roomId, seq: 300, readVersion: 1 }]);
  });

  test('of an entry that is not stored shows once the server has answered', async () => {
    client.close();
    store = new MemoryStore();
    ({ client } = await connected(api, store));
    await room().markUnread(6);
    expect(state()).toEqual([0, 20, 0]);
    await answer('unread', { seq: 5, readVersion: 1 });
    // Own messages that this device does not know count as unread.
    expect(state()).toEqual([15, 5, 1]);
  });
});

describe('a mark as unread without a connection', () => {
  beforeEach(async () => {
    socket().end(1006);
    await room().markUnread(6);
    expect(state()).toEqual([13, 5, 1]);
  });

  test('is sent after the next connect, also by the next run', async () => {
    await idle();
    client.close();
    ({ client } = await connected(api, store));
    expect(state()).toEqual([13, 5, 1]);
    expect(sent('unread')).toEqual([{ type: 'unread', conversationId: roomId, seq: 6, readSeq: 20, readVersion: 0 }]);
    await answer('unread', { seq: 5, readVersion: 1 });
    api.markUnread(roomId, 6);
    client.close();
    ({ client } = await connected(api, store));
    expect(sent('unread')).toEqual([]);
    expect(state()).toEqual([13, 5, 1]);
  });

  test('is not sent again if its acknowledgement was lost', async () => {
    api.markUnread(roomId, 6);
    await reconnect();
    expect(sent('unread')).toEqual([]);
    expect(state()).toEqual([13, 5, 1]);
  });

  test.each([
    ['read further', () => api.read(roomId, 21), [0, 21, 0]],
    ['marked it as unread from elsewhere', () => api.markUnread(roomId, 11), [10, 10, 1]],
  ])('is dropped if another device has %s meanwhile', async (_, change, expected) => {
    api.write(roomId, 1);
    change();
    await reconnect();
    expect(sent('unread')).toEqual([]);
    expect(state()).toEqual(expected);
  });

  test('and reading after it are sent in this order', async () => {
    room().markRead(15);
    await reconnect();
    await answer('unread', { seq: 5, readVersion: 1 });
    expect(sent('read')).toEqual([{ type: 'read', conversationId: roomId, seq: 15, readVersion: 1 }]);
  });

  test('is discarded after a restore of the server', async () => {
    const accept = async (epoch: string) => {
      await api.runtime.pass(60_000);
      socket().open();
      const conversation = { ...api.conversation(roomId), epoch };
      socket().say({ ...welcome([conversation], null, api.readRevision, api.features), epoch });
      await idle();
    };
    await accept('first');
    socket().end(1006);
    await room().markUnread(4);
    await accept('second');
    expect(client.state.name).toBe('live');
    expect(sent('unread')).toEqual([]);
    expect(state()).toEqual([0, 20, 0]);
  });
});

describe('a mark as unread by another device', () => {
  test('shows at once, without own messages', async () => {
    socket().say(api.markUnread(roomId, 6));
    await idle();
    expect(state()).toEqual([13, 5, 1]);
  });

  test('that was made during an absence shows after it, from the homepage or the changed positions', async () => {
    // With a page size of 1, the homepage is read only up to the conversation before the room.
    for (const [pageSize, seq, expected] of [
      [50, 6, [13, 5, 1]],
      [1, 10, [10, 9, 2]],
    ] as const) {
      socket().end(1006);
      api.markUnread(roomId, seq);
      api.pageSize = pageSize;
      await reconnect();
      expect(state()).toEqual([...expected]);
    }
  });

  test('is not undone by a read that this device made before it, or by older data of the server', async () => {
    const older = api.conversation(roomId);
    arrive();
    room().markRead();
    socket().say(api.markUnread(roomId, 6));
    await idle();
    // The server ignored the read, and answers with its position.
    await answer('read', { seq: 5, readVersion: 1 });
    for (const conversation of [{ ...older, headSeq: 21, messageCount: 21 }, older]) {
      socket().say({ type: 'conversation', conversationId: roomId, conversation });
      await idle();
    }
    expect(state()).toEqual([14, 5, 1]);
    expect(sent('read')).toHaveLength(1);
  });

  async function dropsUnsentPosition(): Promise<void> {
    arrive();
    for (const entry of api.write(otherRoomId, 1)) socket().say({ type: 'entry', entry });
    socket().end(1006);
    room().markRead();
    expect(state()).toEqual([0, 21, 0]);
    api.markUnread(roomId, 6);
    await reconnect();
    expect(sent('read')).toEqual([]);
    expect(state()).toEqual([14, 5, 1]);
    // From here on, the position is made on the mark.
    room().markRead();
    expect(sent('read')).toEqual([{ type: 'read', conversationId: roomId, seq: 21, readVersion: 1 }]);
  }

  test('drops a position that was not sent yet', dropsUnsentPosition);

  test('that arrives with the changed positions drops a position that was not sent yet', async () => {
    // The homepage has only the other room, without changes.
    api.pageSize = 1;
    await dropsUnsentPosition();
  });
});

test('the store keeps what was marked as unread', async () => {
  await room().markUnread(6);
  await answer('unread', { seq: 5, readVersion: 1 });
  await idle();
  client.close();
  client = await api.client(store);
  expect(state()).toEqual([13, 5, 1]);
});
