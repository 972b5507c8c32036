import { beforeEach, describe, expect, test } from 'bun:test';
import { deletedText } from '@parley/protocol';
import { MemoryStore } from '../src/index.ts';
import { comeBack, connected, lineOf, roomOf } from './support/amended-room.ts';
import { ana, benId, message, otherRoomId, roomId } from './support/entries.ts';
import { FakeApi } from './support/fake-api.ts';
import { welcome } from './support/frames.ts';
import { idle } from './support/idle.ts';

let api: FakeApi;
beforeEach(() => {
  api = new FakeApi(2);
  api.features = ['amendments'];
});

async function storedTexts(store: MemoryStore): Promise<string[]> {
  const entries = await store.entries(roomId, { limit: 1_000 });
  return entries.map((entry) => (entry.kind === 'message' ? lineOf(entry) : entry.kind));
}

describe('live', () => {
  test('an amendment changes what is shown, what is stored and the last message of the list', async () => {
    api.write(roomId, 2);
    const store = new MemoryStore();
    const { client, shown } = await connected(api, store);
    await roomOf(client).history({ limit: 50 });
    api.runtime.socket.say(api.amend(roomId, 2, { text: 'corrected', editedAtMs: 5 }));
    await idle();
    expect(shown.texts.get(2)).toBe('corrected (edited)');
    expect(await storedTexts(store)).toEqual(['text 1', 'corrected (edited)']);
    expect(api.asked.filter((path) => path.includes('/changes'))).toEqual([]);
    expect((await store.conversations())[0]?.revision).toBe(1);
  });

  test('a client that missed an amendment requests the changes once, and each message is then in its present state', async () => {
    api.write(roomId, 3);
    const { client, shown } = await connected(api);
    await roomOf(client).history({ limit: 50 });
    api.amend(roomId, 1, { text: 'first' });
    api.amend(roomId, 2, { text: 'second' });
    const last = api.amend(roomId, 1, { text: 'first again' });
    api.runtime.socket.say(last);
    api.runtime.socket.say(api.amend(roomId, 3, { text: 'third' }));
    await idle();
    expect([...shown.texts]).toEqual([
      [1, 'first again'],
      [3, 'third'],
      [2, 'second'],
    ]);
    expect(api.asked.filter((path) => path.includes('/changes'))).toEqual([
      `/v1/conversations/${roomId}/changes?after=0&limit=500`,
    ]);
  });

  test('a live entry from before the first revision of a new conversation is shown as that revision has it', async () => {
    api.write(roomId, 1);
    const store = new MemoryStore();
    const { shown } = await connected(api, store);
    const [first, second] = api.write(otherRoomId, 2);
    if (!first || !second) throw new Error('nothing was written');
    api.amend(otherRoomId, 2, { text: 'corrected', editedAtMs: 5 });
    const third = api.append(otherRoomId, { text: 'after the data' });
    // The first two arrive as they were written, although the conversation has a revision when it is requested.
    for (const entry of [first, second, third]) api.runtime.socket.say({ type: 'entry', entry });
    await idle();
    expect([...shown.texts]).toEqual([
      [1, 'text 1'],
      [2, 'corrected (edited)'],
      [3, 'after the data'],
    ]);
    const stored = await store.entries(otherRoomId, { limit: 10 });
    expect(stored.map((entry) => entry.kind === 'message' && lineOf(entry))).toEqual([...shown.texts.values()]);
  });

  test('so is one that arrives between the welcome and the first page', async () => {
    const [first] = api.write(roomId, 1);
    if (!first) throw new Error('nothing was written');
    api.amend(roomId, 1, { text: 'corrected', editedAtMs: 5 });
    const store = new MemoryStore();
    await store.setSession({ token: 'secret', account: ana, catchUp: 'done' });
    const client = await api.client(store);
    const texts: string[] = [];
    client.on('entry', (entry) => texts.push(entry.kind === 'message' ? lineOf(entry) : entry.kind));
    client.connect();
    const { conversations } = api.homepage();
    api.runtime.socket.open();
    api.runtime.socket.say(welcome(conversations, null, undefined, api.features));
    api.runtime.socket.say({ type: 'entry', entry: first });
    await idle();
    expect(texts).toEqual(['corrected (edited)']);
  });

  test('an amendment and a read position that arrive while a new conversation is fetched are applied to it', async () => {
    api.write(roomId, 1);
    const { client, shown } = await connected(api);
    const [entry] = api.write(otherRoomId, 1);
    if (!entry) throw new Error('nothing was written');
    const fetched = Promise.withResolvers<void>();
    api.intervene = async ({ pathname }) => {
      if (pathname !== `/v1/conversations/${otherRoomId}`) return undefined;
      const before = Response.json(api.conversation(otherRoomId));
      await fetched.promise;
      return before;
    };
    api.runtime.socket.say({ type: 'entry', entry });
    await idle();
    api.runtime.socket.say(api.amend(otherRoomId, 1, { text: 'corrected', editedAtMs: 5 }));
    const read = { conversationId: otherRoomId, userId: ana.id, seq: 1, messageCount: 1 };
    api.runtime.socket.say({ type: 'read', ...read });
    fetched.resolve();
    await idle();
    expect(shown.texts.get(1)).toBe('corrected (edited)');
    const data = client.conversations.get(otherRoomId)?.data;
    expect([data?.revision, data?.membership?.readSeq, data?.unreadCount]).toEqual([1, 1, 0]);
  });

  test('an amendment that arrives again, or late, does not undo a later one', async () => {
    api.write(roomId, 1);
    const { shown } = await connected(api);
    const first = api.amend(roomId, 1, { text: 'one' });
    const second = api.amend(roomId, 1, { text: 'two' });
    for (const frame of [first, second, first, { ...first, after: 1, revision: 2 }]) api.runtime.socket.say(frame);
    await idle();
    expect(shown.texts.get(1)).toBe('two');
  });

  test('an entry or a page that is older than an amendment that has arrived shows the amended message', async () => {
    api.write(roomId, 1);
    const { client, shown } = await connected(api);
    const [later] = api.write(roomId, 1);
    if (!later) throw new Error('nothing was written');
    const page = Response.json({ conversationId: roomId, entries: [message(1)], headSeq: 2, visibleFromSeq: 1 });
    api.runtime.socket.say(api.amend(roomId, 1, { text: 'amended before the page' }));
    api.runtime.socket.say(api.amend(roomId, 2, { text: 'amended before the entry' }));
    api.runtime.socket.say({ type: 'entry', entry: later });
    api.intervene = () => page;
    const { entries } = await roomOf(client).history({ limit: 50 });
    expect(entries.map((entry) => entry.kind === 'message' && entry.text)).toEqual(['amended before the page']);
    expect(shown.texts.get(2)).toBe('amended before the entry');
  });

  test('a quoted or pinned message of a response that is older than an amendment is in its latest state', async () => {
    api.write(roomId, 3);
    const { client } = await connected(api);
    const pinned = { byId: benId, atMs: 1 };
    const reactions = [{ emoji: '👍', count: 1 }];
    api.runtime.socket.say(api.amend(roomId, 1, { text: deletedText, deleted: { byId: benId, atMs: 2 } }));
    const amended = api.amend(roomId, 2, { text: 'edited', pinned, reactions });
    api.runtime.socket.say({ ...amended, ownReactions: [{ seq: 2, emoji: '👍', set: true }] });
    const older = [message(1, { pinned }), message(2, { pinned })];
    const page = { conversationId: roomId, entries: [message(3, { replyTo: 1 })], quoted: older, headSeq: 3 };
    api.intervene = ({ pathname }) =>
      Response.json(pathname.endsWith('/pins') ? { entries: older } : { ...page, visibleFromSeq: 1 });
    const { quoted } = await roomOf(client).history({ limit: 1 });
    expect(quoted?.map(lineOf)).toEqual([deletedText, 'edited 👍1!']);
    expect((await roomOf(client).pins()).map(lineOf)).toEqual(['edited 👍1!']);
  });

  test("an entry that is sent again, without marks of the user's reactions, keeps those that are known", async () => {
    api.write(roomId, 1);
    const { shown } = await connected(api);
    const [entry] = api.write(roomId, 1);
    if (!entry) throw new Error('nothing was written');
    const reactions = [{ emoji: '👍', count: 1 }];
    const amended = api.amend(roomId, 2, { reactions });
    api.runtime.socket.say({ ...amended, ownReactions: [{ seq: 2, emoji: '👍', set: true }] });
    api.runtime.socket.say({ type: 'entry', entry: { ...entry, reactions, revision: amended.revision } });
    await idle();
    expect(shown.texts.get(2)).toBe('text 2 👍1!');
  });

  test("an amended message keeps the user's own reactions, and the user's other devices change them", async () => {
    api.write(roomId, 1);
    const thumbs = (count: number) => ({ reactions: [{ emoji: '👍', count }] });
    api.amend(roomId, 1, { reactions: [{ emoji: '👍', count: 1, mine: true }] });
    const { client, shown } = await connected(api);
    await roomOf(client).history({ limit: 50 });
    api.runtime.socket.say(api.amend(roomId, 1, thumbs(2)));
    expect(shown.texts.get(1)).toBe('text 1 👍2!');
    const removed = api.amend(roomId, 1, thumbs(1));
    api.runtime.socket.say({ ...removed, ownReactions: [{ seq: 1, emoji: '👍', set: false }] });
    expect(shown.texts.get(1)).toBe('text 1 👍1');
    const { revision } = removed;
    const own = [{ seq: 1, emoji: '👍', set: true }];
    api.runtime.socket.say({ ...removed, after: revision, entries: [], ownReactions: own });
    expect(shown.texts.get(1)).toBe('text 1 👍1!');
  });
});

describe('after an absence', () => {
  test('amendments are fetched, also in a conversation that is on a later page of the list', async () => {
    const ids = [roomId, ...Array.from({ length: 6 }, (_, index) => `01900000-0000-7000-8000-0000000001${index}0`)];
    for (const id of ids) api.write(id);
    const store = new MemoryStore();
    const { client } = await connected(api, store);
    await roomOf(client).history({ limit: 50 });
    client.close();
    api.amend(roomId, 1, { text: 'amended while away' });
    api.asked.length = 0;
    const { shown } = await connected(api, store);
    expect(shown.texts.get(1)).toBe('amended while away');
    expect(await storedTexts(store)).toEqual(['amended while away']);
    expect(api.asked.filter((path) => !path.startsWith('/v1/read'))).toEqual([
      '/v1/homepage?limit=50&left=true&order=changes',
      `/v1/conversations/${roomId}/changes?after=0&limit=500`,
      '/v1/homepage?limit=200&cursor=2&left=true&order=changes',
    ]);
  });

  test('30,000 amendments of 300 messages take one request, and events and the store show the present states only', async () => {
    const messages = 300;
    api.write(roomId, messages);
    const store = new MemoryStore();
    const { client, shown } = await connected(api, store);
    for (const after of [0, 200]) await roomOf(client).history({ after, limit: 200 });
    api.runtime.socket.end(1006);
    const amend = (count: number) => api.amend(roomId, (count % messages) + 1, { text: `state ${count}` });
    for (let count = 0; count < 30_000; count++) amend(count);
    const last = Array.from({ length: messages }, (_, index) => `state ${30_000 - messages + index}`);
    api.asked.length = 0;
    const events: string[] = [];
    client.on('amended', (event) => events.push(...event.messages.map(({ text }) => text)));
    await comeBack(api);
    expect(events).toEqual(last);
    expect([...shown.texts.values()]).toEqual(last);
    expect(await storedTexts(store)).toEqual(last);
    expect(api.asked.filter((path) => path.includes('/changes'))).toHaveLength(1);
  });

  test('a message that is amended while the changes are fetched is not shown in an earlier state', async () => {
    api.write(roomId, 2);
    const store = new MemoryStore();
    const { client } = await connected(api, store);
    await roomOf(client).history({ limit: 50 });
    api.runtime.socket.end(1006);
    for (const seq of [1, 2]) api.amend(roomId, seq, { text: `while away ${seq}` });
    const events: string[] = [];
    client.on('amended', (event) => events.push(...event.messages.map(({ text }) => text)));
    const changes = Promise.withResolvers<Response>();
    api.intervene = (url) => {
      if (!url.pathname.endsWith('/changes')) return undefined;
      api.intervene = () => undefined;
      return changes.promise;
    };
    await comeBack(api);
    const entries = [
      message(1, { text: 'while away 1', revision: 1 }),
      message(2, { text: 'while away 2', revision: 2 }),
    ];
    api.runtime.socket.say(api.amend(roomId, 1, { text: 'after the return' }));
    changes.resolve(Response.json({ conversationId: roomId, revision: 2, complete: false, entries }));
    await idle();
    expect(new Set(events)).toEqual(new Set(['after the return', 'while away 2']));
    expect(await storedTexts(store)).toEqual(['after the return', 'while away 2']);
  });

  test('after too many amendments, stored entries are discarded and the reader is told to read again', async () => {
    api.write(roomId, 3);
    api.changesMax = 2;
    const store = new MemoryStore();
    const { client, shown } = await connected(api, store);
    await roomOf(client).history({ limit: 50 });
    api.runtime.socket.end(1006);
    for (const seq of [1, 2, 3]) api.amend(roomId, seq, { text: `amended ${seq}` });
    await comeBack(api);
    expect(shown.rereads).toBe(1);
    expect(await storedTexts(store)).toEqual([]);
    expect((await store.conversations())[0]?.revision).toBe(3);
    await roomOf(client).history({ limit: 50 });
    expect(await storedTexts(store)).toEqual(['amended 1', 'amended 2', 'amended 3']);
  });

  test('a server of an earlier version is asked for no changes', async () => {
    api.features = undefined;
    for (const id of [roomId, otherRoomId]) api.write(id);
    await connected(api);
    api.runtime.socket.end(1006);
    await comeBack(api);
    expect(api.asked.filter((path) => /changes/.test(path))).toEqual([]);
  });
});
