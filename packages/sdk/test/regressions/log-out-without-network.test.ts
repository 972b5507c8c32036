import { beforeEach, expect, test } from 'bun:test';
import { MemoryStore, type ParleyClient } from '../../src/index.ts';
import { ana, benId, conversation, roomId } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import { idle } from '../support/idle.ts';

const ben = { ...ana, id: benId, username: 'ben' };
const session = {
  id: '0198c5d2-7be1-7cc0-b2b9-6f1f1f0e6f99',
  ...{ device: null, createdAtMs: 1, lastUsedAtMs: 1, current: true },
};

let api: FakeApi;
let store: MemoryStore;
let client: ParleyClient;
/** The server's answers to log-outs, which the tests hold back. */
let answers: (() => Promise<void>)[];
beforeEach(async () => {
  api = new FakeApi();
  api.write(roomId, 3);
  answers = [];
  api.intervene = ({ pathname }) => {
    if (pathname === '/v1/login') return Response.json({ token: 'new', session, account: ben });
    if (pathname !== '/v1/logout') return undefined;
    return new Promise((resolve) => {
      answers.push(async () => {
        resolve(new Response(null, { status: 204 }));
        await idle();
      });
    });
  };
  store = new MemoryStore();
  client = await api.client(store);
  client.connect();
  await api.accept();
  client.conversations.get(roomId)?.send('private');
  await idle();
});

async function contents(): Promise<unknown[]> {
  const entries = await store.entries(roomId, { limit: 10 });
  return [await store.session(), await store.conversations(), await store.outbox(), entries];
}

test('logging out deletes all data before the server answers', async () => {
  const done = client.logout();
  expect([client.account, client.conversations.list()]).toEqual([null, []]);
  await idle();
  expect(await contents()).toEqual([null, [], [], []]);
  await answers[0]?.();
  await done;
});

test('a repeated log-out does not delete the data of an account that has logged in since', async () => {
  const both = [client.logout(), client.logout()];
  await idle();
  await client.login({ username: 'ben', password: 'a good password' });
  await store.putConversation({ conversation: conversation(1), position: 1 });
  for (const answer of answers) await answer();
  await Promise.all(both);
  expect(client.account?.id).toBe(benId);
  expect((await store.session())?.token).toBe('new');
  expect(await store.conversations()).toHaveLength(1);
});

test('an account that logs in while the store is read for the log-out stays logged in', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const read = store.session.bind(store);
  store.session = async () => {
    const found = await read();
    store.session = read;
    await held;
    return found;
  };
  const done = client.logout();
  await client.login({ username: 'ben', password: 'a good password' });
  release();
  await idle();
  await answers[0]?.();
  await done;
  expect(client.account?.id).toBe(benId);
  expect((await store.session())?.token).toBe('new');
});

test('logging out after a session was lost deletes the data', async () => {
  await store.setSession({ token: '', account: ana, lost: true });
  const restarted = await api.client(store);
  expect(restarted.lostAccount?.id).toBe(ana.id);
  await restarted.logout();
  expect(await contents()).toEqual([null, [], [], []]);
});
