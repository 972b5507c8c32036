import { beforeEach, describe, expect, test } from 'bun:test';
import { closeCodes } from '@parley/protocol';
import { Connection } from '../../src/messaging/connection.ts';
import {
  addressWork,
  connectionWork,
  FlowControl,
  framesPerTurn,
  restsMax,
  waitingFramesMax,
} from '../../src/messaging/flow-control.ts';
import type { Socket } from '../../src/messaging/socket.ts';
import { WorkBudgets } from '../../src/platform/work-budget.ts';
import { FakeClock } from '../support/fake-clock.ts';

class SilentSocket implements Socket {
  isPaused = false;
  closedWith: number | null = null;
  send = () => true;
  bufferedBytes = () => 0;
  ping = () => undefined;
  terminate = () => undefined;
  subscribe = () => undefined;
  unsubscribe = () => undefined;
  pause = () => {
    this.isPaused = true;
  };
  resume = () => {
    this.isPaused = false;
  };
  close = (code: number) => {
    this.closedWith = code;
  };
}

let clock: FakeClock;
let turn: (() => void)[];
let handled: string[];
beforeEach(() => {
  clock = new FakeClock();
  turn = [];
  handled = [];
});

function flowControl(bounded: boolean): FlowControl {
  const addresses = bounded ? new WorkBudgets(addressWork, clock) : null;
  const handle = (_: Connection, data: string | Uint8Array) => handled.push(String(data));
  return new FlowControl(addresses, handle, clock, (run) => turn.push(run));
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
  test('handles so many frames of a connection; the others wait in their order, and the socket is paused', () => {
    const flow = flowControl(false);
    const { connection, socket } = connect();
    const sent = numbers(framesPerTurn * 2 + 10);
    for (const frame of sent) flow.receive(connection, frame);
    expect([handled.length, socket.isPaused]).toEqual([framesPerTurn, true]);
    nextTurn();
    expect([handled.length, socket.isPaused]).toEqual([framesPerTurn * 2, true]);
    flow.receive(connection, 'late');
    nextTurn();
    expect(socket.isPaused).toBe(false);
    expect(handled).toEqual([...sent, 'late']);
  });

  test('of one connection leaves the others theirs', () => {
    const flow = flowControl(false);
    const [flooding, quiet] = [connect(), connect()];
    for (const frame of numbers(1_000)) flow.receive(flooding.connection, frame);
    flow.receive(quiet.connection, 'quiet');
    expect(handled).toHaveLength(framesPerTurn + 1);
    expect([handled.at(-1), quiet.socket.isPaused]).toEqual(['quiet', false]);
  });

  test('handles nothing more of a connection that was closed', () => {
    const flow = flowControl(false);
    const { connection } = connect();
    for (const frame of numbers(framesPerTurn + 10)) flow.receive(connection, frame);
    connection.close('revoked');
    nextTurn();
    expect(handled).toHaveLength(framesPerTurn);
  });
});

describe('the budget', () => {
  /** Sends `count` frames, over as many turns as it takes. */
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

  test('of a connection that goes on sending, whatever it is paused, closes it', () => {
    const flow = flowControl(true);
    const { connection, socket } = connect();
    for (let second = 0; second <= restsMax * 2 && !connection.closed; second++) {
      send(flow, connection, connectionWork.perSecond * 3);
      clock.advance(1_000);
      for (let turns = 0; turns < 10; turns++) nextTurn();
    }
    expect(socket.closedWith).toBe(closeCodes.flooding.code);
    const most = connectionWork.burst + (restsMax + 1) * connectionWork.perSecond;
    expect(handled.length).toBeLessThanOrEqual(most);
  });

  test('bounds what waits', () => {
    const flow = flowControl(true);
    const { connection, socket } = connect();
    for (const frame of numbers(framesPerTurn + waitingFramesMax + 1)) flow.receive(connection, frame);
    expect(socket.closedWith).toBe(closeCodes.flooding.code);
  });

  test('of an address is shared by its connections, and no reason to close one', () => {
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
