import { beforeEach, describe, expect, test } from 'bun:test';
import { closeCodes } from '@parley/protocol';
import { Connection } from '../../src/messaging/connection.ts';
import {
  addressWaitingFramesMax,
  addressWork,
  connectionWork,
  controlFrames,
  FlowControl,
  fewWaitingFrames,
  restsMax,
  waitingFramesMax,
} from '../../src/messaging/flow-control.ts';
import { WorkBudgets } from '../../src/platform/work-budget.ts';
import { unitsPerTurn, WorkTurns } from '../../src/platform/work-turns.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { SilentSocket } from './silent-socket.ts';

let clock: FakeClock;
let turn: (() => void)[];
let handled: string[];
/** Whether frames that were passed on still wait to be started. */
let isFull: boolean;
beforeEach(() => {
  clock = new FakeClock();
  turn = [];
  handled = [];
  isFull = false;
});

function flowControl(bounded: boolean): FlowControl {
  const addresses = bounded ? new WorkBudgets(addressWork, clock) : null;
  const intake = {
    receive: (_: Connection, data: string | Uint8Array) => void handled.push(String(data)),
    isFull: () => isFull,
  };
  return new FlowControl(addresses, new WorkTurns(unitsPerTurn, (run) => turn.push(run)), intake, clock);
}

/** Ends this turn of the event loop. */
function nextTurn(): void {
  for (const run of turn.splice(0)) run();
}

function connect(address = '192.0.2.1'): { connection: Connection; socket: SilentSocket } {
  const socket = new SilentSocket();
  return { socket, connection: new Connection(socket, address, clock) };
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => String(n));

describe('one turn of the event loop', () => {
  test('handles a bounded number of frames of a connection; the others wait in order, and the socket is paused', () => {
    const flow = flowControl(false);
    const { connection, socket } = connect();
    const sent = numbers(unitsPerTurn * 2 + 10);
    for (const frame of sent) flow.receive(connection, frame);
    expect(socket.isPaused).toBe(true);
    expect(handled.length).toBeLessThanOrEqual(unitsPerTurn);
    nextTurn();
    expect(socket.isPaused).toBe(true);
    expect(handled.length).toBeLessThanOrEqual(unitsPerTurn * 2);
    flow.receive(connection, 'late');
    nextTurn();
    expect(socket.isPaused).toBe(false);
    expect(handled).toEqual([...sent, 'late']);
  });

  test('handles no more frames of many connections from one address than of one connection', () => {
    const flow = flowControl(true);
    const connections = numbers(300).map(() => connect());
    for (const { connection } of connections) for (const frame of numbers(10)) flow.receive(connection, frame);
    expect(handled.length).toBeWithin(1, unitsPerTurn + 1);
    while (handled.length < 3_000) {
      const before = handled.length;
      nextTurn();
      expect(handled.length - before).toBeWithin(1, unitsPerTurn + 1);
    }
    expect(connections.map(({ socket }) => socket.isPaused)).not.toContain(true);
  });

  test('of an address is shared by its connections: each has a frame handled before another has two', () => {
    const flow = flowControl(true);
    const connections = numbers(50).map(() => connect());
    for (const [index, { connection }] of connections.entries()) {
      for (const frame of numbers(50)) flow.receive(connection, `${index} ${frame}`);
    }
    const admittedAtOnce = handled.length;
    nextTurn();
    nextTurn();
    const counts = new Map<string, number>();
    for (const frame of handled.slice(admittedAtOnce)) {
      const index = frame.split(' ')[0] ?? '';
      counts.set(index, (counts.get(index) ?? 0) + 1);
    }
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
    for (let turns = 0; handled.length < 2_500; turns++) {
      expect(turns).toBeLessThan(2_500);
      nextTurn();
    }
    for (const index of connections.keys()) {
      const own = handled.filter((frame) => frame.startsWith(`${index} `));
      expect(own).toEqual(numbers(50).map((frame) => `${index} ${frame}`));
    }
  });

  test('handles frames from another address at once, however many wait from one', () => {
    const flow = flowControl(true);
    const flooding = numbers(50).map(() => connect());
    for (const { connection } of flooding) for (const frame of numbers(50)) flow.receive(connection, frame);
    const quiet = connect('198.51.100.7');
    flow.receive(quiet.connection, 'quiet');
    expect(handled.at(-1)).toBe('quiet');
    expect(quiet.socket.isPaused).toBe(false);
  });

  test('handles nothing more of a connection that was closed', () => {
    const flow = flowControl(false);
    const { connection } = connect();
    for (const frame of numbers(unitsPerTurn + 10)) flow.receive(connection, frame);
    const before = handled.length;
    connection.close('revoked');
    nextTurn();
    expect(handled).toHaveLength(before);
  });
});

test('a connection whose frames are not started is paused until they are, and none is refused or lost', () => {
  const flow = flowControl(true);
  const { connection, socket } = connect();
  flow.receive(connection, '1');
  isFull = true;
  for (const frame of ['2', '3']) flow.receive(connection, frame);
  nextTurn();
  expect(turn).toEqual([]);
  expect([handled, socket.isPaused]).toEqual([['1'], true]);
  isFull = false;
  flow.unblock(connection);
  nextTurn();
  nextTurn();
  expect([handled, socket.isPaused]).toEqual([['1', '2', '3'], false]);
});

describe('the budget', () => {
  /** Sends `count` frames, over as many turns as needed. */
  function send(flow: FlowControl, connection: Connection, count: number): void {
    for (const frame of numbers(count)) {
      flow.receive(connection, frame);
      nextTurn();
    }
  }

  test('of a connection that is used up pauses it, and nothing is lost', () => {
    const flow = flowControl(true);
    const { connection, socket } = connect();
    const burst = Math.floor(connectionWork.burst);
    send(flow, connection, burst + 100);
    expect(socket.isPaused).toBe(true);
    expect(handled.length).toBeLessThan(burst + 100);
    for (let second = 0; second < 2; second++) {
      clock.advance(1_000);
      for (let turns = 0; turns < 10; turns++) nextTurn();
    }
    expect(socket.isPaused).toBe(false);
    expect(handled).toEqual(numbers(burst + 100));
  });

  test('counts bytes too', () => {
    const flow = flowControl(true);
    const { connection, socket } = connect();
    const large = 'x'.repeat(60_000);
    for (let n = 0; !socket.isPaused; n++) {
      if (n > connectionWork.burst / 10) throw new Error('large frames cost no more than small ones');
      flow.receive(connection, large);
      nextTurn();
    }
  });

  test('of a connection that keeps sending between pauses closes it', () => {
    const flow = flowControl(true);
    const { connection, socket } = connect();
    let sent = 0;
    for (let second = 0; second <= restsMax * 2 && !connection.closed; second++) {
      // A little more than the budget, so that few frames wait: more would close the connection for another reason.
      const count = second === 0 ? connectionWork.burst : connectionWork.perSecond + 20;
      send(flow, connection, count);
      sent += count;
      clock.advance(1_000);
      for (let turns = 0; turns < 10; turns++) nextTurn();
    }
    expect(socket.closedWith).toBe(closeCodes.flooding.code);
    expect(sent - handled.length).toBeLessThan(waitingFramesMax);
    const most = connectionWork.burst + (restsMax + 1) * connectionWork.perSecond;
    expect(handled.length).toBeLessThanOrEqual(most);
  });

  test('bounds the waiting frames of a connection', () => {
    const flow = flowControl(true);
    const { connection, socket } = connect();
    for (const frame of numbers(unitsPerTurn + waitingFramesMax + 1)) flow.receive(connection, frame);
    expect(socket.closedWith).toBe(closeCodes.flooding.code);
  });

  test('bounds the waiting frames of an address, and closes only connections with many of them', () => {
    const flow = flowControl(true);
    const flooding = numbers(50).map(() => connect());
    for (const { connection } of flooding) {
      for (const frame of numbers(waitingFramesMax)) flow.receive(connection, frame);
    }
    const [quiet, elsewhere] = [connect(), connect('198.51.100.7')];
    for (const { connection } of [quiet, elsewhere]) {
      for (const frame of numbers(fewWaitingFrames)) flow.receive(connection, frame);
    }
    const closed = flooding.filter(({ socket }) => socket.closedWith === closeCodes.flooding.code);
    const held = (flooding.length - closed.length) * waitingFramesMax + closed.length * fewWaitingFrames;
    expect(held).toBeLessThan(addressWaitingFramesMax + flooding.length * fewWaitingFrames + waitingFramesMax);
    expect([quiet.socket.closedWith, elsewhere.socket.closedWith]).toEqual([null, null]);
    for (const { connection } of flooding) flow.forget(connection);
    for (const frame of numbers(waitingFramesMax - fewWaitingFrames)) flow.receive(quiet.connection, frame);
    expect(quiet.socket.closedWith).toBeNull();
  });

  test("of pings and pongs, which can't wait, closes a connection above it", () => {
    const flow = flowControl(true);
    const { connection, socket } = connect();
    for (let second = 0; second < 60; second++) {
      flow.control(connection);
      clock.advance(1_000);
    }
    for (let n = 0; n < controlFrames.burst; n++) flow.control(connection);
    expect(socket.closedWith).toBeNull();
    flow.control(connection);
    expect(socket.closedWith).toBe(closeCodes.flooding.code);
  });

  test('of an address is shared by its connections, and using it up closes none', () => {
    const flow = flowControl(true);
    const connections = numbers(30).map(() => connect());
    for (const { connection } of connections) send(flow, connection, connectionWork.burst - 1);
    expect(handled.length).toBeLessThanOrEqual(addressWork.burst);
    for (let second = 0; second < restsMax * 2; second++) {
      clock.advance(1_000);
      for (let turns = 0; turns < 10; turns++) nextTurn();
    }
    expect(connections.map(({ socket }) => socket.closedWith)).toEqual(connections.map(() => null));
    expect(handled).toHaveLength(connections.length * (connectionWork.burst - 1));
    const elsewhere = connect('198.51.100.7');
    send(flow, elsewhere.connection, 1);
    expect(elsewhere.socket.isPaused).toBe(false);
  });
});

describe('a connection that rests', () => {
  test('is not read for that time; frames that were read before are handled', () => {
    const flow = flowControl(true);
    const { connection, socket } = connect();
    flow.rest(connection, 200);
    expect(socket.isPaused).toBe(true);
    flow.receive(connection, 'read before');
    expect(handled).toEqual(['read before']);
    clock.advance(199);
    expect(socket.isPaused).toBe(true);
    clock.advance(1);
    expect(socket.isPaused).toBe(false);
  });

  test('is not read before its waiting frames are handled, nor before it has rested', () => {
    const flow = flowControl(true);
    const [{ connection, socket }, other] = [connect(), connect()];
    for (const frame of numbers(unitsPerTurn * 2)) flow.receive(connection, frame);
    flow.rest(connection, 200);
    clock.advance(200);
    expect(socket.isPaused).toBe(true);
    while (handled.length < unitsPerTurn * 2) nextTurn();
    expect(socket.isPaused).toBe(false);

    for (const frame of numbers(unitsPerTurn * 2)) flow.receive(other.connection, frame);
    flow.rest(other.connection, 200);
    while (handled.length < unitsPerTurn * 4) nextTurn();
    expect(other.socket.isPaused).toBe(true);
    clock.advance(200);
    expect(other.socket.isPaused).toBe(false);
  });
});
