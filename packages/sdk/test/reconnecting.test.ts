import { beforeEach, expect, test } from 'bun:test';
import { closeCodes } from '@parley/protocol';
import type { Connection } from '../src/connection.ts';
import { ConnectionUnderTest } from './support/connection-under-test.ts';
import type { FakeRuntime } from './support/fake-runtime.ts';

let under: ConnectionUnderTest;
let connection: Connection;
let runtime: FakeRuntime;
beforeEach(() => {
  under = new ConnectionUnderTest();
  ({ connection, runtime } = under);
});

for (const reason of ['resync', 'leaseLost', 'silent'] as const) {
  test(`${reason}: reconnects at once the first time, then with backoff`, async () => {
    connection.open();
    under.goLive();
    runtime.socket.end(closeCodes[reason].code);
    expect(under.waitingMs).toBe(0);
    await runtime.pass(0);
    under.goLive();
    runtime.socket.end(closeCodes[reason].code);
    expect(under.waitingMs).toBeGreaterThan(0);
  });
}

for (const code of [1000, 1001, 1006, closeCodes.overloaded.code, closeCodes.tooManyConnections.code, 4_999]) {
  test(`${code}: reconnects with a backoff that grows until the connection was stable`, async () => {
    connection.open();
    const delays: number[] = [];
    for (let round = 0; round < 5; round++) {
      under.goLive();
      runtime.socket.end(code);
      delays.push(under.waitingMs);
      await runtime.pass(under.waitingMs);
    }
    expect(delays).toEqual(delays.toSorted((a, b) => a - b));
    expect(delays.at(-1)).toBeGreaterThan(8 * (delays[0] ?? 0));
    under.goLive();
    await runtime.pass(9_999);
    runtime.socket.end(code);
    expect(under.waitingMs).toBeGreaterThan(delays.at(-1) ?? 0);
    await runtime.pass(under.waitingMs);
    under.goLive();
    await runtime.pass(9_999);
    runtime.socket.say({ type: 'pong' });
    await runtime.pass(2);
    runtime.socket.end(code);
    expect(under.waitingMs).toBe(delays[0] ?? 0);
  });
}

for (const reason of ['unauthenticated', 'revoked', 'protocolError'] as const) {
  test(`${reason}: stops with the reason, and can be opened again`, async () => {
    connection.open();
    under.goLive();
    runtime.socket.end(closeCodes[reason].code, closeCodes[reason].meaning);
    const { code, meaning } = closeCodes[reason];
    expect(connection.state).toEqual({ name: 'stopped', reason: meaning, code });
    await runtime.pass(600_000);
    runtime.goOnline();
    expect(runtime.sockets).toHaveLength(1);
    connection.open();
    expect(runtime.sockets).toHaveLength(2);
  });
}

test('a server that closes because `hello` was late is connected to again', async () => {
  connection.open();
  runtime.socket.end(closeCodes.helloExpected.code);
  expect(connection.state.name).toBe('waiting');
  await runtime.pass(under.waitingMs);
  expect(runtime.sockets).toHaveLength(2);
});

test('an unknown code is handled by its hundreds', () => {
  connection.open();
  under.goLive();
  runtime.socket.end(4_299);
  expect(connection.state).toEqual({ name: 'stopped', reason: 'closed with code 4299', code: 4_299 });
});

test('goaway: reconnects after the announced delay, with any close code', async () => {
  for (const code of [closeCodes.goaway.code, 1001, 1006]) {
    connection.open();
    under.goLive();
    runtime.socket.say({ type: 'goaway', delayMs: 12_345 });
    runtime.socket.end(code);
    expect(under.waitingMs).toBe(12_345);
    await runtime.pass(12_344);
    expect(connection.state.name).toBe('waiting');
    await runtime.pass(1);
    expect(connection.state.name).toBe('connecting');
    connection.close();
  }
});

test('an announced delay applies to one reconnect', async () => {
  connection.open();
  under.goLive();
  runtime.socket.say({ type: 'goaway', delayMs: 12_345 });
  runtime.socket.end(closeCodes.goaway.code);
  await runtime.pass(12_345);
  runtime.socket.end(1006);
  expect(under.waitingMs).toBeLessThan(12_345);
});

test('reconnects at once when the network is back', () => {
  connection.open();
  under.goLive();
  runtime.socket.end(1006);
  runtime.goOnline();
  expect(connection.state.name).toBe('connecting');
  runtime.goOnline();
  expect(runtime.sockets).toHaveLength(2);
});

test('restart closes the socket and opens another', async () => {
  connection.open();
  under.goLive();
  const { socket } = runtime;
  connection.restart();
  expect(socket.isClosed).toBe(true);
  await runtime.pass(under.waitingMs);
  expect(runtime.sockets).toHaveLength(2);
});

test('close prevents further reconnects, in any state', async () => {
  connection.open();
  under.goLive();
  runtime.socket.end(1006);
  connection.close();
  await runtime.pass(120_000);
  runtime.goOnline();
  expect(runtime.sockets).toHaveLength(1);
  expect(connection.state.name).toBe('offline');
});
