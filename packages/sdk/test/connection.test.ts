import { beforeEach, describe, expect, test } from 'bun:test';
import { closeCodes, limits, type ServerFrame } from '@parley/protocol';
import { Connection, type ConnectionState } from '../src/connection.ts';
import { Disconnected, ParleyError } from '../src/index.ts';
import { roomId } from './support/entries.ts';
import { FakeRuntime, settled } from './support/fake-runtime.ts';
import { welcome } from './support/frames.ts';

let runtime: FakeRuntime;
let states: ConnectionState[];
let frames: ServerFrame[];
let errors: unknown[];
let becomeLive: () => void;
let connection: Connection;
let token: string | null;
let onState: (state: ConnectionState) => void;

beforeEach(() => {
  runtime = new FakeRuntime();
  states = [];
  frames = [];
  errors = [];
  token = 'secret';
  onState = () => undefined;
  connection = new Connection('https://chat.example', () => token !== null && { token, resume: true }, runtime, {
    state: (state) => {
      states.push(state);
      onState(state);
    },
    welcome: (_, live) => {
      becomeLive = live;
    },
    frame: (frame) => frames.push(frame),
    error: (error) => errors.push(error),
  });
});

const stateNames = () => states.map(({ name }) => name);

/** Connects and is live at once. */
function goLive(): void {
  runtime.socket.open();
  runtime.socket.say(welcome());
  becomeLive();
}

function waitingMs(): number {
  if (connection.state.name !== 'waiting') throw new Error(`it is ${connection.state.name}`);
  return connection.state.retryAtMs - runtime.nowMs();
}

describe('connecting', () => {
  test('hello is the first frame, with the token in it and not in the address', () => {
    connection.open();
    const { socket } = runtime;
    expect(socket.url).toBe('wss://chat.example/v1/socket');
    expect(socket.subprotocol).toBe('parley.v1');
    connection.tell({ type: 'typing', conversationId: roomId });
    socket.open();
    connection.tell({ type: 'typing', conversationId: roomId });
    expect(socket.sent).toEqual([{ type: 'hello', token: 'secret', resume: true }]);
  });

  test('nothing but the hello is sent before the welcome', async () => {
    connection.open();
    runtime.socket.open();
    await expect(connection.request({ type: 'ping' })).rejects.toBeInstanceOf(Disconnected);
    expect(runtime.socket.sent).toHaveLength(1);
    runtime.socket.say(welcome());
    connection.tell({ type: 'typing', conversationId: roomId });
    expect(runtime.socket.of('typing')).toHaveLength(1);
  });

  test('is catching up from the welcome until what was missed is here', () => {
    connection.open();
    goLive();
    expect(stateNames()).toEqual(['connecting', 'catching-up', 'live']);
  });

  test('opening twice makes one socket', () => {
    connection.open();
    connection.open();
    expect(runtime.sockets).toHaveLength(1);
  });

  test('without a token it stops before there is a socket', () => {
    token = null;
    connection.open();
    expect(connection.state).toEqual({ name: 'stopped', reason: 'not logged in' });
    expect(runtime.sockets).toEqual([]);
  });

  test('where no WebSocket can be made it stops, and says why', () => {
    runtime.openSocket = () => {
      throw new Error('there is no WebSocket here');
    };
    connection.open();
    expect(connection.state).toEqual({ name: 'stopped', reason: 'Error: there is no WebSocket here' });
    expect(errors).toHaveLength(1);
  });

  test('a listener that closes leaves nothing open, whatever the state it was told', async () => {
    for (const name of ['connecting', 'catching-up', 'waiting'] as const) {
      onState = (state) => {
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
  test('pings at every interval while pongs come', async () => {
    connection.open();
    goLive();
    const { socket } = runtime;
    for (let beat = 1; beat <= 20; beat++) {
      await runtime.pass(limits.heartbeatMs);
      expect(socket.of('ping')).toHaveLength(beat);
      socket.say({ type: 'pong' });
    }
    expect(connection.state.name).toBe('live');
    expect(runtime.timerCount).toBe(1);
  });

  test('a silence past the deadline closes the socket, and it comes back', async () => {
    connection.open();
    goLive();
    const { socket } = runtime;
    await runtime.pass(limits.silenceMs + limits.heartbeatMs);
    expect(socket.isClosed).toBe(true);
    expect(runtime.sockets).toHaveLength(2);
    goLive();
    expect(connection.state.name).toBe('live');
  });

  test('a socket that never opens is given up as well', async () => {
    connection.open();
    const { socket } = runtime;
    await runtime.pass(limits.silenceMs + limits.heartbeatMs);
    expect(socket.isClosed).toBe(true);
    expect(runtime.sockets).toHaveLength(2);
  });

  test('what a socket that was given up still says is not heard', async () => {
    connection.open();
    goLive();
    const { socket } = runtime;
    connection.restart();
    const told = states.length;
    socket.say({ type: 'typing', conversationId: roomId, userId: roomId });
    socket.end(4201);
    expect(frames).toEqual([]);
    expect(states).toHaveLength(told);
  });
});

describe('after a close', () => {
  for (const reason of ['resync', 'leaseLost', 'silent'] as const) {
    test(`${reason}: at once the first time, then with back-off`, async () => {
      connection.open();
      goLive();
      runtime.socket.end(closeCodes[reason].code);
      expect(waitingMs()).toBe(0);
      await runtime.pass(0);
      goLive();
      runtime.socket.end(closeCodes[reason].code);
      expect(waitingMs()).toBeGreaterThan(0);
    });
  }

  for (const code of [1000, 1001, 1006, closeCodes.overloaded.code, closeCodes.tooManyConnections.code, 4_999]) {
    test(`${code}: with back-off that grows until it was steady`, async () => {
      connection.open();
      const delays: number[] = [];
      for (let round = 0; round < 5; round++) {
        goLive();
        runtime.socket.end(code);
        delays.push(waitingMs());
        await runtime.pass(waitingMs());
      }
      expect(delays).toEqual(delays.toSorted((a, b) => a - b));
      expect(delays.at(-1)).toBeGreaterThan(8 * (delays[0] ?? 0));
      goLive();
      await runtime.pass(9_999);
      runtime.socket.end(code);
      expect(waitingMs()).toBeGreaterThan(delays.at(-1) ?? 0);
      await runtime.pass(waitingMs());
      goLive();
      await runtime.pass(9_999);
      runtime.socket.say({ type: 'pong' });
      await runtime.pass(2);
      runtime.socket.end(code);
      expect(waitingMs()).toBe(delays[0] ?? 0);
    });
  }

  for (const reason of ['unauthenticated', 'revoked', 'helloExpected', 'protocolError'] as const) {
    test(`${reason}: stops, says why, and can be opened again`, async () => {
      connection.open();
      goLive();
      runtime.socket.end(closeCodes[reason].code, closeCodes[reason].meaning);
      expect(connection.state).toEqual({ name: 'stopped', reason: closeCodes[reason].meaning });
      await runtime.pass(600_000);
      runtime.goOnline();
      expect(runtime.sockets).toHaveLength(1);
      connection.open();
      expect(runtime.sockets).toHaveLength(2);
    });
  }

  test('a code yet to come is known by its hundreds', () => {
    connection.open();
    goLive();
    runtime.socket.end(4_299);
    expect(connection.state).toEqual({ name: 'stopped', reason: 'closed with code 4299' });
  });

  test('goaway: after the delay that was announced, whatever code the close arrives with', async () => {
    for (const code of [closeCodes.goaway.code, 1001, 1006]) {
      connection.open();
      goLive();
      runtime.socket.say({ type: 'goaway', delayMs: 12_345 });
      runtime.socket.end(code);
      expect(waitingMs()).toBe(12_345);
      await runtime.pass(12_344);
      expect(connection.state.name).toBe('waiting');
      await runtime.pass(1);
      expect(connection.state.name).toBe('connecting');
      connection.close();
    }
  });

  test('a delay is for one return alone', async () => {
    connection.open();
    goLive();
    runtime.socket.say({ type: 'goaway', delayMs: 12_345 });
    runtime.socket.end(closeCodes.goaway.code);
    await runtime.pass(12_345);
    runtime.socket.end(1006);
    expect(waitingMs()).toBeLessThan(12_345);
  });

  test('comes back at once when the network is back', () => {
    connection.open();
    goLive();
    runtime.socket.end(1006);
    runtime.goOnline();
    expect(connection.state.name).toBe('connecting');
    runtime.goOnline();
    expect(runtime.sockets).toHaveLength(2);
  });

  test('restart closes this socket and makes another', async () => {
    connection.open();
    goLive();
    const { socket } = runtime;
    connection.restart();
    expect(socket.isClosed).toBe(true);
    await runtime.pass(waitingMs());
    expect(runtime.sockets).toHaveLength(2);
  });

  test('close ends it for good, in whatever state', async () => {
    connection.open();
    goLive();
    runtime.socket.end(1006);
    connection.close();
    await runtime.pass(120_000);
    runtime.goOnline();
    expect(runtime.sockets).toHaveLength(1);
    expect(connection.state.name).toBe('offline');
  });
});

describe('requests', () => {
  test('each gets its own answer, in whatever order they come', async () => {
    connection.open();
    goLive();
    const { socket } = runtime;
    const first = connection.request({ type: 'ping' });
    const second = connection.request({ type: 'ping' });
    const [one, two] = socket.of('ping');
    socket.say({ type: 'pong', id: String(two?.['id']) });
    socket.say({ type: 'error', id: String(one?.['id']), code: 'rate_limited', message: 'slowly', retryAfterMs: 7 });
    expect(await second).toMatchObject({ type: 'pong' });
    expect(await first.catch((error: unknown) => error)).toMatchObject({ code: 'rate_limited', retryAfterMs: 7 });
    expect(errors).toEqual([]);
  });

  test('without an answer in time they fail, and are not waited for any longer', async () => {
    connection.open();
    goLive();
    const outcome = connection.request({ type: 'ping' }).catch((error: unknown) => error);
    await runtime.pass(15_000);
    expect(await outcome).toBeInstanceOf(Disconnected);
  });

  test('all that wait fail when the connection ends', async () => {
    connection.open();
    goLive();
    const outcomes = [1, 2].map(() => connection.request({ type: 'ping' }).catch((error: unknown) => error));
    runtime.socket.end(1006);
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toBeInstanceOf(Disconnected);
  });

  test('contract 7: an error that answers nothing is told', () => {
    connection.open();
    goLive();
    runtime.socket.say({ type: 'error', code: 'not_found', message: 'no such conversation' });
    expect(errors).toEqual([new ParleyError('not_found', 'no such conversation')]);
  });

  test('what is no frame is told, and the connection goes on', async () => {
    connection.open();
    goLive();
    for (const data of ['no JSON', '{"type":"of the future"}', '[]', '{"type":"entry"}']) runtime.socket.sayRaw(data);
    await settled();
    expect(errors).toHaveLength(4);
    expect(connection.state.name).toBe('live');
  });
});
