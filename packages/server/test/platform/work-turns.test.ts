import { beforeEach, expect, test } from 'bun:test';
import { unitsPerTurn, WorkTurns } from '../../src/platform/work-turns.ts';

let ending: (() => void)[];
let turns: WorkTurns;
let done: string[];
beforeEach(() => {
  ending = [];
  turns = new WorkTurns((run) => ending.push(run));
  done = [];
});

/** Ends this turn of the event loop. */
function nextTurn(): void {
  for (const run of ending.splice(0)) run();
}

const defer = (address: string, name: string, units = 1) => turns.defer(address, units, () => done.push(name));

test('a turn admits its units, and the next one as many again', () => {
  for (let turn = 0; turn < 3; turn++) {
    let admitted = 0;
    while (turns.admits(8)) admitted++;
    expect(admitted).toBe(unitsPerTurn / 8);
    nextTurn();
  }
});

test('one piece of work may be larger than a turn; nothing else is done in it', () => {
  expect([turns.admits(unitsPerTurn * 10), turns.admits(1)]).toEqual([true, false]);
  nextTurn();
  expect(turns.admits(1)).toBe(true);
});

test('nothing is admitted before what waits', () => {
  turns.take(unitsPerTurn);
  for (let n = 0; n < unitsPerTurn + 1; n++) defer('a', 'waiting');
  nextTurn();
  expect(turns.admits(1)).toBe(false);
  nextTurn();
  expect(turns.admits(1)).toBe(true);
});

test('addresses take turns, and each has its work done in its order', () => {
  turns.take(unitsPerTurn);
  for (const name of ['a1', 'a2', 'a3', 'a4']) defer('a', name);
  for (const name of ['b1', 'b2']) defer('b', name);
  defer('c', 'c1');
  nextTurn();
  expect(done).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
});

test('an address does not come first again because it hands in more', () => {
  turns.take(unitsPerTurn);
  turns.defer('a', unitsPerTurn, () => defer('a', 'a2'));
  defer('b', 'b1', unitsPerTurn);
  nextTurn();
  nextTurn();
  nextTurn();
  expect(done).toEqual(['b1', 'a2']);
});

test('a turn ends once it was given work, and not without', () => {
  expect(ending).toHaveLength(0);
  turns.admits(1);
  turns.admits(1);
  expect(ending).toHaveLength(1);
  nextTurn();
  expect(ending).toHaveLength(0);
});

test('who asks for a turn waits only when it has to', async () => {
  expect(turns.turn('a', unitsPerTurn)).toBeUndefined();
  const waiting = turns.turn('a', 1)?.then(() => done.push('done'));
  expect(done).toEqual([]);
  nextTurn();
  await waiting;
  expect(done).toEqual(['done']);
});
