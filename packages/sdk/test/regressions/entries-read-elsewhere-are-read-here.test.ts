import { beforeEach, describe, expect, test } from 'bun:test';
import { MemoryStore, type ParleyClient, type StoredConversation } from '../../src/index.ts';
import { ana } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import { idle } from '../support/idle.ts';

const ids = Array.from({ length: 201 }, (_, index) => `01900000-0000-7000-8000-${String(index).padStart(12, '0')}`);
/** The conversation at a position in the list, most recent activity first. */
const at = (position: number) => ids.at(-position) ?? '';

let api: FakeApi;
let store: MemoryStore;
beforeEach(() => {
  api = new FakeApi(50);
  for (const id of ids) api.write(id, 3);
  store = new MemoryStore();
});

async function connected(): Promise<ParleyClient> {
  const client = await api.client(store);
  client.connect();
  await api.accept();
  await idle();
  expect(client.state.name).toBe('live');
  return client;
}
const unread = (client: ParleyClient, position: number) => client.conversations.get(at(position))?.unreadCount;
const asked = (what: string) => api.asked.filter((path) => path.startsWith(`/v1/${what}`));

describe('an entry read on another device while this client was offline', () => {
  test('is read here on any page of the homepage, at a cost that depends on the changes only', async () => {
    api.readRevision = 0;
    (await connected()).close();
    api.read(at(51), 3);
    api.read(at(200), 2);
    api.asked.length = 0;
    const client = await connected();
    expect([50, 51, 200, 201].map((position) => unread(client, position))).toEqual([3, 0, 1, 3]);
    expect(asked('read-positions')).toEqual(['/v1/read-positions?after=0&limit=500']);
    expect(asked('homepage')).toEqual([]);
    client.close();
    api.asked.length = 0;
    await connected();
    expect(api.asked).toEqual([]);
  });

  test('is read here after a reconnect of the same client', async () => {
    api.readRevision = 0;
    const client = await connected();
    api.runtime.socket.end(1006);
    api.read(at(120), 3);
    await api.runtime.pass(60_000);
    await api.accept();
    expect(unread(client, 120)).toBe(0);
  });

  test('is fetched in pages if there are many', async () => {
    api.readRevision = 0;
    (await connected()).close();
    for (const id of ids) api.read(id, 3);
    api.readPageSize = 30;
    const client = await connected();
    expect(client.conversations.list().filter(({ unreadCount }) => unreadCount > 0)).toEqual([]);
    expect(asked('read-positions')).toHaveLength(7);
  });

  test('is read here if a client of an earlier version stored no revision, by reading all pages once', async () => {
    (await connected()).close();
    expect(await store.session()).not.toHaveProperty('readRevision');
    api.read(at(150), 3);
    api.asked.length = 0;
    const client = await connected();
    expect(unread(client, 150)).toBe(0);
    expect(asked('homepage')).toHaveLength(4);
    client.close();
    api.asked.length = 0;
    await connected();
    expect(api.asked).toEqual([]);
  });

  test('is read here if the server went back to an earlier revision', async () => {
    api.readRevision = 900;
    (await connected()).close();
    api.readRevision = 5;
    api.read(at(99), 3);
    const client = await connected();
    expect(unread(client, 99)).toBe(0);
    expect((await store.session())?.readRevision).toBe(6);
  });

  test('never makes entries unread that were read here', async () => {
    api.readRevision = 0;
    const first = await connected();
    first.conversations.get(at(60))?.markRead();
    first.close();
    api.read(at(60), 1);
    const client = await connected();
    expect(unread(client, 60)).toBe(0);
    expect(client.conversations.get(at(60))?.data.membership?.readSeq).toBe(3);
  });
});

test('a revision is stored only after the positions up to it, so that a crash loses none', async () => {
  const writes: (() => void)[] = [];
  class SlowStore extends MemoryStore {
    slow = false;
    override async putConversation(conversation: StoredConversation): Promise<void> {
      if (this.slow) await new Promise<void>((resolve) => writes.push(resolve));
      await super.putConversation(conversation);
    }
  }
  const slow = new SlowStore();
  store = slow;
  await slow.setSession({ token: 'secret', account: ana });
  api.readRevision = 0;
  (await connected()).close();
  api.read(at(77), 3);
  slow.slow = true;
  const client = await connected();
  expect(unread(client, 77)).toBe(0);
  expect((await slow.session())?.readRevision).toBe(0);
  for (const write of writes) write();
  await idle();
  expect((await slow.session())?.readRevision).toBe(1);
});

test('an entry that arrives after another device read it is not unread', async () => {
  const client = await connected();
  const [entry] = api.write(at(1), 1);
  if (!entry) throw new Error('nothing was written');
  const { conversationId } = entry;
  api.runtime.socket.say({ type: 'read', conversationId, userId: ana.id, seq: 4, messageCount: 4 });
  api.runtime.socket.say({ type: 'entry', entry });
  expect(client.conversations.get(conversationId)?.unreadCount).toBe(0);
});
