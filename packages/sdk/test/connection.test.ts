import { beforeEach, describe, expect, test } from 'bun:test';
import { limits } from '@parley/protocol';
import type { Connection } from '../src/connection.ts';
import { Disconnected, ParleyError } from '../src/index.ts';
import { ConnectionUnderTest } from './support/connection-under-test.ts';
import { roomId } from './support/entries.ts';
import type { FakeRuntime } from './support/fake-runtime.ts';
import { welcome } from './support/frames.ts';
import { idle } from './support/idle.ts';

let under: ConnectionUnderTest;
let connection: Connection;
let runtime: FakeRuntime;
beforeEach(() => {
  under = new ConnectionUnderTest();
  ({ connection, runtime } = under);
});

describe('connecting', () => {
  test('hello is the first frame and contains the token, which the address does not', () => {
    connection.open();
    const { socket } = runtime;
    expect(socket.url).toBe('wss://chat.example/v1/socket');
    expect(socket.subprotocol).toBe('parley.v1');
    connection.tell({ type: 'typing', conversationId: roomId });
    socket.open();
    connection.tell({ type: 'typing', conversationId: roomId });
    expect(socket.sent).toEqual([{ type: 'hello', token: 'secret', resume: true }]);
  });

  test('only hello is sent before the welcome', async () => {
    connection.open();
    runtime.socket.open();
    await expect(connection.request({ type: 'ping' })).rejects.toBeInstanceOf(Disconnected);
    expect(runtime.socket.sent).toHaveLength(1);
    runtime.socket.say(welcome());
    connection.tell({ type: 'typing', conversationId: roomId });
    expect(runtime.socket.of('typing')).toHaveLength(1);
  });

  test('is catching up from the welcome until missed entries have been fetched', () => {
    connection.open();
    under.goLive();
    expect(under.states.map(({ name }) => name)).toEqual(['connecting', 'catching-up', 'live']);
  });

  test('opening twice opens one socket', () => {
    connection.open();
    connection.open();
    expect(runtime.sockets).toHaveLength(1);
  });

  test('stops without a socket if there is no token', () => {
    under.token = null;
    connection.open();
    expect(connection.state).toEqual({ name: 'stopped', reason: 'not logged in' });
    expect(runtime.sockets).toEqual([]);
  });

  test('stops with the reason if no WebSocket can be created', () => {
    runtime.openSocket = () => {
      throw new Error('there is no WebSocket here');
    };
    connection.open();
    expect(connection.state).toEqual({ name: 'stopped', reason: 'Error: there is no WebSocket here' });
    expect(under.errors).toHaveLength(1);
  });

  test('a handler that closes the connection leaves nothing open, in any state', async () => {
    for (const name of ['connecting', 'catching-up', 'waiting'] as const) {
      under.onState = (state) => {
        if (state.name === name) connection.close();
      };
      connection.open();
      if (connection.state.name === 'connecting') {
        runtime.socket.open();
        runtime.socket.say(welcome());
      }
      if (connection.state.name === 'catching-up') runtime.socket.end(1006);
      const socketCount = runtime.sockets.length;
      await runtime.pass(120_000);
      expect(connection.state.name).toBe('offline');
      expect(runtime.sockets).toHaveLength(socketCount);
      expect(runtime.socket.isClosed).toBe(true);
      expect(runtime.timerCount).toBe(0);
    }
  });
});

describe('heartbeat', () => {
  test('sends a ping in every interval while pongs arrive', async () => {
    connection.open();
    under.goLive();
    const { socket } = runtime;
    for (let beat = 1; beat <= 20; beat++) {
      await runtime.pass(limits.heartbeatMs);
      expect(socket.of('ping')).toHaveLength(beat);
      socket.say({ type: 'pong' });
    }
    expect(connection.state.name).toBe('live');
    expect(runtime.timerCount).toBe(1);
  });

  test('a silence beyond the timeout closes the socket and reconnects', async () => {
    connection.open();
    under.goLive();
    const { socket } = runtime;
    await runtime.pass(limits.silenceMs + limits.heartbeatMs);
    expect(socket.isClosed).toBe(true);
    expect(runtime.sockets).toHaveLength(2);
    under.goLive();
    expect(connection.state.name).toBe('live');
  });

  test('a socket that never opens is closed after the timeout', async () => {
    connection.open();
    const { socket } = runtime;
    await runtime.pass(limits.silenceMs + limits.heartbeatMs);
    expect(socket.isClosed).toBe(true);
    expect(runtime.sockets).toHaveLength(2);
  });

  test('frames and closes of a replaced socket are ignored', async () => {
    connection.open();
    under.goLive();
    const { socket } = runtime;
    connection.restart();
    const told = under.states.length;
    socket.say({ type: 'typing', conversationId: roomId, userId: roomId });
    socket.end(4201);
    expect(under.frames).toEqual([]);
    expect(under.states).toHaveLength(told);
  });
});

describe('requests', () => {
  test('each gets its own response, in any order', async () => {
    connection.open();
    under.goLive();
    const { socket } = runtime;
    const first = connection.request({ type: 'ping' });
    const second = connection.request({ type: 'ping' });
    const [one, two] = socket.of('ping');
    socket.say({ type: 'pong', id: String(two?.['id']) });
    socket.say({ type: 'error', id: String(one?.['id']), code: 'rate_limited', message: 'slowly', retryAfterMs: 7 });
    expect(await second).toMatchObject({ type: 'pong' });
    expect(await first.catch((error: unknown) => error)).toMatchObject({ code: 'rate_limited', retryAfterMs: 7 });
    expect(under.errors).toEqual([]);
  });

  test('fail after a timeout without a response', async () => {
    connection.open();
    under.goLive();
    const outcome = connection.request({ type: 'ping' }).catch((error: unknown) => error);
    await runtime.pass(15_000);
    expect(await outcome).toBeInstanceOf(Disconnected);
  });

  test('fail when the connection ends', async () => {
    connection.open();
    under.goLive();
    const outcomes = [1, 2].map(() => connection.request({ type: 'ping' }).catch((error: unknown) => error));
    runtime.socket.end(1006);
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toBeInstanceOf(Disconnected);
  });

  test('contract 7: an error that is not a response is reported', () => {
    connection.open();
    under.goLive();
    runtime.socket.say({ type: 'error', code: 'not_found', message: 'no such conversation' });
    expect(under.errors).toEqual([new ParleyError('not_found', 'no such conversation')]);
  });

  test('data that is not a frame is reported, and the connection stays open', async () => {
    connection.open();
    under.goLive();
    for (const data of ['no JSON', '{"type":7}', '[]', '{"type":"entry"}']) runtime.socket.sayRaw(data);
    await idle();
    expect(under.errors).toHaveLength(4);
    expect(connection.state.name).toBe('live');
  });
});
