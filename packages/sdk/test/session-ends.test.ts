import { expect, test } from 'bun:test';
import { closeCodes } from '@parley/protocol';
import { MemoryStore, ParleyClient } from '../src/index.ts';
import { ana, benId, conversation, roomId } from './support/entries.ts';
import { FakeRuntime } from './support/fake-runtime.ts';
import { welcome } from './support/frames.ts';
import { idle } from './support/idle.ts';
import { collect } from './support/until.ts';

const ben = { ...ana, id: benId, username: 'ben', displayName: 'Ben' };
const session = {
  id: '0198c5d2-7be1-7cc0-b2b9-6f1f1f0e6f99',
  device: null,
  createdAtMs: 1,
  lastUsedAtMs: 1,
  current: true,
};

/** The server's response to a request for its epoch. */
const has = (epoch?: string) => () =>
  Response.json({ version: '1', signup: 'open', empty: false, ...(epoch === undefined ? {} : { epoch }) });

const refuses = (code: string, status: number) => () =>
  Response.json({ type: 'about:blank', title: code, status, code, detail: code }, { status });

/** A client that was live in the epoch `first`, with a waiting message, and its store. */
async function away(epoch: string | null = 'first') {
  const runtime = new FakeRuntime();
  const store = new MemoryStore();
  await store.setSession({ token: 'secret', account: ana });
  const client = new ParleyClient({ url: 'https://chat.example', store, runtime });
  await client.resume();
  client.connect();
  await accept(runtime, epoch);
  expect(client.state.name).toBe('live');
  runtime.socket.end(1006);
  await client.conversations.get(roomId)?.send('waits').kept();
  await runtime.untilReopened();
  runtime.socket.open();
  return { runtime, store, client, ended: collect(client, 'sessionEnded') };
}

async function accept(runtime: FakeRuntime, epoch: string | null): Promise<void> {
  runtime.socket.open();
  const known = { ...conversation(0), ...(epoch === null ? {} : { epoch }) };
  runtime.socket.say({ ...welcome([known]), ...(epoch === null ? {} : { epoch }) });
  await idle();
}

async function end(runtime: FakeRuntime, how: 'unauthenticated' | 'revoked' = 'unauthenticated'): Promise<void> {
  runtime.socket.end(closeCodes[how].code);
  await idle();
}

for (const how of ['unauthenticated', 'revoked'] as const) {
  test(`a session that ended (${how}) on a server with the same epoch was revoked`, async () => {
    const { runtime, client, ended } = await away();
    const asked: string[] = [];
    runtime.answer = (url) => {
      asked.push(`${url.pathname}${url.search}`);
      return has('first')();
    };
    await end(runtime, how);
    expect(ended).toEqual([{ lost: false }]);
    expect(asked).toEqual([`/v1/server?userId=${ana.id}`]);
    expect([client.account?.id, client.lostAccount]).toEqual([ana.id, null]);
  });
}

const unknown: [name: string, known: string | null, answer: () => Response][] = [
  ['without an epoch', 'first', has()],
  ['of a version that does not accept userId', 'first', refuses('invalid_request', 400)],
  ['that had no epoch before', null, has('second')],
];
for (const [name, known, answer] of unknown) {
  test(`a session that ended on a server ${name} counts as revoked`, async () => {
    const { runtime, ended } = await away(known);
    runtime.answer = answer;
    await end(runtime);
    expect(ended).toEqual([{ lost: false }]);
  });
}

test('a connection that stops for another reason does not end the session', async () => {
  const { runtime, ended } = await away();
  runtime.answer = has('second');
  runtime.socket.end(closeCodes.protocolError.code);
  await idle();
  expect(ended).toEqual([]);
});

test('a server that cannot return its epoch is asked until it can', async () => {
  const { runtime, ended } = await away();
  const answers = [refuses('unavailable', 503), refuses('internal', 500), has('second')];
  runtime.answer = () => {
    const [next = has('second')] = answers.splice(0, 1);
    return next();
  };
  await end(runtime);
  expect(ended).toEqual([]);
  for (let tries = 0; ended.length === 0 && tries < 20; tries++) await runtime.pass(1_000);
  expect(ended).toEqual([{ lost: true }]);
});

/** A client whose session was lost: the running one, or one restarted with its store. */
async function lost(isRestarted: boolean) {
  const { runtime, store, client, ended } = await away();
  runtime.answer = has('second');
  await end(runtime);
  expect(ended).toEqual([{ lost: true }]);
  if (!isRestarted) return { runtime, store, client };
  const restarted = new ParleyClient({ url: 'https://chat.example', store, runtime });
  expect(await restarted.resume()).toBeNull();
  return { runtime, store, client: restarted };
}

for (const isRestarted of [false, true]) {
  const of = isRestarted ? 'restarted client' : 'running client';

  test(`a ${of} sends the messages of a lost session after the account logs in`, async () => {
    const { runtime, store, client } = await lost(isRestarted);
    expect([client.account, client.lostAccount?.id]).toEqual([null, ana.id]);
    runtime.answer = (url) =>
      url.pathname === '/v1/login'
        ? Response.json({ token: 'new', session, account: ana })
        : Response.json({}, { status: 500 });
    await client.login({ username: 'ana', password: 'a good password' });
    expect([client.account?.id, client.lostAccount]).toEqual([ana.id, null]);
    expect(await store.session()).toMatchObject({ token: 'new', epoch: 'first' });
    expect((await store.session())?.lost).toBeUndefined();
    client.connect();
    await accept(runtime, 'second');
    expect(runtime.socket.sent.filter(({ type }) => type === 'send')).toMatchObject([{ text: 'waits' }]);
  });

  test(`a ${of} deletes the messages of a lost session when another account logs in`, async () => {
    const { runtime, store, client } = await lost(isRestarted);
    runtime.answer = () => Response.json({ token: 'new', session, account: ben });
    await client.login({ username: 'ben', password: 'a good password' });
    expect([client.account?.id, client.lostAccount]).toEqual([ben.id, null]);
    expect([await store.outbox(), await store.conversations(), client.conversations.list()]).toEqual([[], [], []]);
  });
}

test('a lost session does not replace the session of another client with the same store', async () => {
  const { runtime, store, ended } = await away();
  await store.setSession({ token: 'newer', account: ana });
  runtime.answer = has('second');
  await end(runtime);
  expect(ended).toEqual([{ lost: true }]);
  expect(await store.session()).toEqual({ token: 'newer', account: ana });
});
