import { beforeEach, expect, test } from 'bun:test';
import { unitsPerTurn, WorkTurns } from '../../src/platform/work-turns.ts';

let ending: (() => void)[];
let turns: WorkTurns;
let done: string[];
beforeEach(() => {
  ending = [];
  turns = new WorkTurns(unitsPerTurn, (run) => ending.push(run));
  done = [];
});

/** Ends this turn of the event loop. */
function nextTurn(): void {
  for (const run of ending.splice(0)) run();
}

const defer = (address: string, name: string, units = 1) => turns.defer(address, units, () => done.push(name));

test('each turn admits the same number of units of an address', () => {
  for (let turn = 0; turn < 3; turn++) {
    let admitted = 0;
    while (admitted < unitsPerTurn && turns.admits('a', 8)) admitted++;
    expect(admitted).toBe(unitsPerTurn / 8);
    nextTurn();
  }
});

test('one piece of work may be larger than a turn; no other work of its address is done in that turn', () => {
  expect([turns.admits('a', unitsPerTurn * 10), turns.admits('a', 1)]).toEqual([true, false]);
  nextTurn();
  expect(turns.admits('a', 1)).toBe(true);
});

test('no work of an address is admitted before its waiting work', () => {
  turns.take('a', unitsPerTurn);
  for (let n = 0; n < unitsPerTurn + 1; n++) defer('a', 'waiting');
  nextTurn();
  expect(turns.admits('a', 1)).toBe(false);
  nextTurn();
  expect(turns.admits('a', 1)).toBe(true);
});

test('waiting work of an address is done in order, a bounded amount in each turn', () => {
  turns.take('a', unitsPerTurn);
  for (const name of ['a1', 'a2', 'a3']) defer('a', name, unitsPerTurn / 2);
  nextTurn();
  expect(done).toEqual(['a1', 'a2']);
  nextTurn();
  expect(done).toEqual(['a1', 'a2', 'a3']);
});

test('work for one address does not delay work for another', () => {
  turns.take('a', unitsPerTurn);
  for (let n = 0; n < unitsPerTurn * 2; n++) defer('a', 'a');
  expect(turns.admits('b', 1)).toBe(true);
  defer('b', 'b');
  nextTurn();
  expect(done.filter((name) => name === 'a')).toHaveLength(unitsPerTurn);
  expect(done).toContain('b');
});

test('without a bound everything is admitted', () => {
  const unbounded = new WorkTurns(Number.POSITIVE_INFINITY, (run) => ending.push(run));
  for (let n = 0; n < 10; n++) expect(unbounded.admits('a', unitsPerTurn)).toBe(true);
});

test('the end of a turn is scheduled once, and only after work', () => {
  expect(ending).toHaveLength(0);
  turns.admits('a', 1);
  turns.admits('a', 1);
  expect(ending).toHaveLength(1);
  nextTurn();
  expect(ending).toHaveLength(0);
});

test('a caller waits for a turn only if it must', async () => {
  expect(turns.turn('a', unitsPerTurn)).toBeUndefined();
  const waiting = turns.turn('a', 1)?.then(() => done.push('done'));
  expect(done).toEqual([]);
  nextTurn();
  await waiting;
  expect(done).toEqual(['done']);
});
