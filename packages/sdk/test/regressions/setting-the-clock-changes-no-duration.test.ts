import { expect, test } from 'bun:test';
import { limits } from '@parley/protocol';
import { MemoryStore } from '../../src/index.ts';
import { Typing } from '../../src/typing.ts';
import { ConnectionUnderTest } from '../support/connection-under-test.ts';
import { roomId } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import { welcome } from '../support/frames.ts';
import { idle } from '../support/idle.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

function liveConnection(): ConnectionUnderTest {
  const under = new ConnectionUnderTest();
  under.connection.open();
  under.goLive();
  return under;
}

/** A live client of a server with the time `serverTimeMs`. */
async function liveClient(serverTimeMs: number) {
  const api = new FakeApi();
  api.write(roomId);
  const store = new MemoryStore();
  const client = await api.client(store);
  client.connect();
  api.runtime.socket.open();
  api.runtime.socket.say({ ...welcome([api.conversation(roomId)]), serverTimeMs });
  await idle();
  expect(client.state.name).toBe('live');
  return { api, client, store, runtime: api.runtime };
}

for (const { what, stepMs } of [
  { what: 'an hour back', stepMs: -hourMs },
  { what: 'a day back', stepMs: -dayMs },
  { what: 'a day ahead', stepMs: dayMs },
]) {
  test(`silence on a dead connection is detected when the clock is set ${what} meanwhile`, async () => {
    const { runtime } = liveConnection();
    const { socket } = runtime;
    await runtime.pass(limits.heartbeatMs + 1);
    runtime.wallAheadMs += stepMs;
    await runtime.pass(limits.silenceMs + limits.heartbeatMs);
    expect(socket.isClosed).toBe(true);
    expect(runtime.sockets).toHaveLength(2);
  });

  test(`a connection that answers is kept when the clock is set ${what}, briefly or permanently`, async () => {
    const { runtime, connection } = liveConnection();
    const { socket } = runtime;
    const beat = async () => {
      await runtime.pass(limits.heartbeatMs);
      socket.say({ type: 'pong' });
    };
    await beat();
    runtime.wallAheadMs += stepMs;
    await beat();
    await beat();
    runtime.wallAheadMs -= stepMs;
    await beat();
    await beat();
    expect(connection.state.name).toBe('live');
    expect(runtime.sockets).toHaveLength(1);
    expect(socket.of('ping')).toHaveLength(5);
  });

  test(`the time until the next attempt does not change when the clock is set ${what}`, async () => {
    const { runtime, connection } = liveConnection();
    runtime.socket.end(1006);
    const delayMs = connection.retryInMs ?? 0;
    expect(delayMs).toBeGreaterThan(1);
    runtime.wallAheadMs += stepMs;
    await runtime.pass(1);
    expect(connection.retryInMs).toBe(delayMs - 1);
    await runtime.pass(delayMs);
    expect(connection.retryInMs).toBeNull();
    expect(runtime.sockets).toHaveLength(2);
  });

  test(`only a stable connection resets the backoff when the clock is set ${what}`, async () => {
    const under = liveConnection();
    const { runtime, connection } = under;
    const failAfter = async (ms: number) => {
      runtime.wallAheadMs += stepMs;
      await runtime.pass(ms);
      runtime.wallAheadMs -= stepMs;
      runtime.socket.say({ type: 'pong' });
      runtime.socket.end(1006);
      const delayMs = connection.retryInMs ?? 0;
      await runtime.pass(delayMs);
      under.goLive();
      return delayMs;
    };
    const first = await failAfter(1_000);
    expect(await failAfter(1_000)).toBeGreaterThan(first);
    expect(await failAfter(10_001)).toBe(first);
  });

  test(`typing is sent once per interval when the clock is set ${what}`, async () => {
    const { runtime } = liveConnection();
    const typing = new Typing({ tell: () => told++ }, runtime);
    let told = 0;
    typing.tell(roomId);
    runtime.wallAheadMs += stepMs;
    typing.tell(roomId);
    expect(told).toBe(1);
    await runtime.pass(limits.typingMs / 2);
    typing.tell(roomId);
    expect(told).toBe(2);
  });

  test(`messages are sent in the order in which they were written when the clock is set ${what} in between`, async () => {
    const { api, client, store, runtime } = await liveClient(7 * dayMs);
    runtime.socket.end(1006);
    const room = client.conversations.get(roomId);
    room?.send('one');
    runtime.wallAheadMs += stepMs;
    room?.send('two');
    runtime.wallAheadMs -= stepMs;
    room?.send('three');
    await idle();
    expect((await store.outbox()).map(({ text }) => text)).toEqual(['one', 'two', 'three']);
    client.close();
    const again = await api.client(store);
    again.conversations.get(roomId)?.send('four');
    await idle();
    expect((await store.outbox()).map(({ text }) => text)).toEqual(['one', 'two', 'three', 'four']);
  });
}

test('a connection that was lost during sleep is closed at the second heartbeat, although the monotonic clock stood still', async () => {
  const { runtime } = liveConnection();
  const { socket } = runtime;
  await runtime.pass(1);
  runtime.sleep(8 * hourMs);
  await runtime.pass(2 * limits.heartbeatMs);
  expect(socket.isClosed).toBe(true);
  expect(runtime.sockets).toHaveLength(2);
});

for (const { what, aheadMs } of [
  { what: 'two minutes ahead', aheadMs: 2 * minuteMs },
  { what: 'a day ahead', aheadMs: dayMs },
  { what: 'an hour behind', aheadMs: -hourMs },
]) {
  test(`the server's time is correct on a machine whose clock is ${what}, also after the clock is set`, async () => {
    const serverTimeMs = 7 * dayMs;
    const { client, runtime } = await liveClient(serverTimeMs);
    runtime.wallAheadMs = serverTimeMs + aheadMs;
    expect(client.serverNowMs).toBe(serverTimeMs);
    await runtime.pass(1_500);
    runtime.wallAheadMs -= hourMs;
    expect(client.serverNowMs).toBe(serverTimeMs + 1_500);
    const message = client.conversations.get(roomId)?.send('text');
    expect(message?.createdAtMs).toBe(serverTimeMs + 1_500);
  });
}

test('each pong updates the server’s time, for example after sleep; a pong without a time changes nothing', async () => {
  const { client, runtime } = await liveClient(7 * dayMs);
  runtime.sleep(5 * minuteMs);
  runtime.socket.say({ type: 'pong', serverTimeMs: 7 * dayMs + 5 * minuteMs });
  expect(client.serverNowMs).toBe(7 * dayMs + 5 * minuteMs);
  runtime.socket.say({ type: 'pong' });
  expect(client.serverNowMs).toBe(7 * dayMs + 5 * minuteMs);
});
