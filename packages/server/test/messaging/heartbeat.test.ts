import { beforeEach, describe, expect, test } from 'bun:test';
import { closeCodes, limits } from '@parley/protocol';
import { Connection, slowReaderBytes } from '../../src/messaging/connection.ts';
import { FlowControl } from '../../src/messaging/flow-control.ts';
import { Heartbeat } from '../../src/messaging/heartbeat.ts';
import { unitsPerTurn, WorkTurns } from '../../src/platform/work-turns.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { SilentSocket } from './silent-socket.ts';

let clock: FakeClock;
let heartbeat: Heartbeat;
beforeEach(() => {
  clock = new FakeClock();
  heartbeat = new Heartbeat(clock);
});

function connect(): { connection: Connection; socket: SilentSocket } {
  const socket = new SilentSocket();
  const connection = new Connection(socket, '192.0.2.1', clock);
  heartbeat.add(connection);
  return { connection, socket };
}

test('a connection that sends nothing is closed as silent', () => {
  const { connection, socket } = connect();
  connection.helloSeen = true;
  clock.advance(limits.silenceMs);
  expect(socket.closedWith).toBeNull();
  clock.advance(2_000);
  expect(socket.closedWith).toBe(closeCodes.silent.code);
});

test('a connection that does not say hello in time is closed with a code after which clients reconnect', () => {
  const { socket } = connect();
  clock.advance(limits.helloTimeoutMs + 2_000);
  expect(socket.closedWith).toBe(closeCodes.silent.code);
});

test('a connection that reads what is published too slowly is told to resynchronise (contract 7)', () => {
  const { connection, socket } = connect();
  connection.helloSeen = true;
  socket.buffered = slowReaderBytes;
  clock.advance(1_000);
  expect(socket.closedWith).toBeNull();
  socket.buffered++;
  clock.advance(1_000);
  expect(socket.sent.map((text) => JSON.parse(text).type)).toEqual(['resync']);
  expect(socket.closedWith).toBe(closeCodes.resync.code);
});

describe('a connection that the server paused', () => {
  let turn: (() => void)[];
  let isFull: boolean;
  let flow: FlowControl;
  beforeEach(() => {
    turn = [];
    isFull = true;
    const intake = { receive: () => undefined, isFull: () => isFull };
    flow = new FlowControl(null, new WorkTurns(unitsPerTurn, (run) => turn.push(run)), intake, clock);
  });

  function readOn(connection: Connection): void {
    isFull = false;
    flow.unblock(connection);
    for (const run of turn.splice(0)) run();
  }

  test('is never closed as silent, because its pongs are not read', () => {
    const { connection, socket } = connect();
    connection.helloSeen = true;
    flow.receive(connection, 'waits');
    expect(socket.isPaused).toBe(true);
    clock.advance(limits.silenceMs * 3);
    expect(socket.closedWith).toBeNull();
  });

  test('is not closed for a hello that waits to be handled', () => {
    const { connection, socket } = connect();
    flow.receive(connection, 'hello');
    clock.advance(limits.helloTimeoutMs * 3);
    expect(socket.closedWith).toBeNull();
  });

  test('is closed as silent when the peer stays silent for the whole timeout after reading resumed', () => {
    const { connection, socket } = connect();
    connection.helloSeen = true;
    flow.receive(connection, 'waits');
    clock.advance(limits.silenceMs * 3);
    readOn(connection);
    expect(socket.isPaused).toBe(false);
    clock.advance(limits.silenceMs);
    expect(socket.closedWith).toBeNull();
    clock.advance(2_000);
    expect(socket.closedWith).toBe(closeCodes.silent.code);
  });
});
