import { beforeEach, expect, test } from 'bun:test';
import { type ClientFrame, limits } from '@parley/protocol';
import { Connection } from '../../src/messaging/connection.ts';
import { frameUnits } from '../../src/messaging/frame-work.ts';
import { Intake } from '../../src/messaging/intake.ts';
import { unitsPerTurn, WorkTurns } from '../../src/platform/work-turns.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { until } from '../support/until.ts';
import { SilentSocket } from './silent-socket.ts';

const conversationId = '0199b5a4-0000-7000-8000-000000000001';
const idOf = (n: number) => `0199b5a4-0000-7000-8000-${String(n).padStart(12, '0')}`;
const history = (limit: number, id = '1'): ClientFrame => ({ type: 'history', id, conversationId, before: 9, limit });
const missed = (count: number, limit?: number): ClientFrame => ({
  type: 'catch_up',
  id: '1',
  ranges: Array.from({ length: count }, (_, n) => ({ conversationId: idOf(n), after: 9, limit })),
});
const watch: ClientFrame = {
  type: 'watch',
  id: '1',
  userIds: Array.from({ length: limits.watchedUsers }, (_, n) => idOf(n)),
};

let ending: (() => void)[];
let done: Connection[];
/** The ids of the requests that were handled. */
let handled: unknown[];
let emptied: number;
let intake: Intake;
beforeEach(() => {
  ending = [];
  done = [];
  handled = [];
  emptied = 0;
  const take = async (connection: Connection, frame: ClientFrame) => {
    done.push(connection);
    if ('id' in frame) handled.push(frame.id);
  };
  const turns = new WorkTurns(unitsPerTurn, (run) => ending.push(run));
  intake = new Intake({ hello: take }, { handle: take }, { refuses: () => false }, turns, () => emptied++, fail);
});

function fail(error: unknown): void {
  throw error;
}

/** Ends this turn of the event loop. Promises that can settle do so before and after it. */
async function nextTurn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  for (const run of ending.splice(0)) run();
  await new Promise((resolve) => setImmediate(resolve));
}

function connect(address: string, isKnown = true): Connection {
  const connection = new Connection(new SilentSocket(), address, new FakeClock());
  connection.helloSeen = isKnown;
  return connection;
}

test.each<[string, ClientFrame, isKnown: boolean]>([
  ['connections are registered', { type: 'hello', token: 'token' }, false],
  ['long pages of history are read', history(limits.historyPageMax), true],
  ['pages of history are read', history(limits.historyPageSize), true],
  ['missed entries are requested', missed(limits.catchUpRanges), true],
  ['few missed entries are requested', missed(1, 1), true],
  ['long lists of people are watched', watch, true],
  ['messages are sent', { type: 'send', id: '1', conversationId, clientMessageId: '1', text: 'hello' }, true],
  ['messages are read', { type: 'read', conversationId, seq: 1 }, true],
])('in one turn, %s for as many connections of one address as it has units for', async (_, frame, isKnown) => {
  const connections = Array.from({ length: 30 }, () => connect('192.0.2.1', isKnown));
  for (const connection of connections) intake.receive(connection, JSON.stringify(frame));
  const perTurn = Math.ceil(unitsPerTurn / frameUnits(frame));
  expect(done).toHaveLength(perTurn);
  for (let turns = 2; done.length < connections.length; turns++) {
    await nextTurn();
    expect(done).toHaveLength(Math.min(connections.length, perTurn * turns));
  }
});

test('a request for missed entries costs what its response may have, before anything is read', () => {
  const pageOfAll = frameUnits(history(limits.historyPageMax));
  expect(frameUnits(missed(1))).toBeGreaterThanOrEqual(pageOfAll);
  expect(frameUnits(missed(1, 1))).toBeLessThan(frameUnits(missed(1, 100)));
  expect(frameUnits(missed(10, 10))).toBeLessThan(frameUnits(missed(20, 10)));
  // A response has no more entries than this.
  const atMost = frameUnits(missed(2, limits.catchUpEntries / 2));
  expect(frameUnits(missed(2, limits.catchUpEntries))).toBe(atMost);
});

test('frames of one connection are handled in order, and the connection is unblocked after the last', async () => {
  const connection = connect('192.0.2.1');
  const ids = Array.from({ length: 10 }, (_, index) => String(index));
  for (const id of ids) intake.receive(connection, JSON.stringify(history(limits.historyPageMax, id)));
  for (let turns = 1; turns < 10; turns++) {
    expect([done.length, emptied]).toEqual([turns, 0]);
    await nextTurn();
  }
  expect([done.length, emptied]).toEqual([10, 1]);
  expect(handled).toEqual(ids);
});

test('nothing is done for a connection that was closed while it waited', async () => {
  const [closed, open] = [connect('192.0.2.1'), connect('192.0.2.1')];
  for (const connection of [closed, open]) {
    for (let n = 0; n < 3; n++) intake.receive(connection, JSON.stringify(history(limits.historyPageMax)));
  }
  closed.close('revoked');
  // The frames of the open connection are handled after those of the closed one.
  await until('the frames of the open connection are done', async () => {
    await nextTurn();
    return done.filter((each) => each === open).length === 3;
  });
  expect(done.filter((each) => each === closed)).toHaveLength(1);
});
