import { describe, expect, test } from 'bun:test';
import type { FeedPart } from '../../src/feed/feed-port.ts';
import type { Progress } from '../../src/followers/follower.ts';
import { freshRecords } from '../../src/followers/fresh-records.ts';

const at = (to: number, more: Partial<Progress> = {}): Progress => ({ epoch: 'e', logId: 'log', to, ...more });

/** Returns a part with a record at each position. */
function part(from: number, to: number, logId = 'log'): FeedPart {
  const positions = Array.from({ length: to - from }, (_, index) => from + index);
  return {
    reach: { partition: 3, logId, from, to },
    epoch: 'e',
    records: positions.map((position) => {
      return { conversationId: 'c', seq: position + 1, revision: 0, kind: 'message', position, again: false };
    }),
  };
}

function planOf(parts: FeedPart[], applied: Progress | undefined, decided: Progress, isBuilt = false) {
  const { fresh, unbuilt } = freshRecords(parts, new Map([[3, { applied, decided }]]), { isBuilt });
  return { unbuilt, to: fresh[0]?.change.to, positions: fresh[0]?.records.map(({ position }) => position) };
}

const nothing = { unbuilt: [], to: undefined, positions: undefined };
const build = { ...nothing, unbuilt: [3] };

describe('the records that a follower has not applied yet', () => {
  test('are those after its position, in log order', () => {
    expect(planOf([part(2, 4), part(4, 6)], at(2), at(6))).toEqual({ unbuilt: [], to: 6, positions: [2, 3, 4, 5] });
    expect(planOf([part(0, 4)], at(2), at(4))).toEqual({ unbuilt: [], to: 4, positions: [2, 3] });
  });

  test('do not include records that are delivered again', () => {
    expect(planOf([part(0, 4)], at(4), at(4))).toEqual(nothing);
    expect(planOf([part(0, 4), part(0, 4), part(2, 5)], at(0), at(5))).toEqual({
      ...{ unbuilt: [], to: 5 },
      positions: [0, 1, 2, 3, 4],
    });
  });

  test('advance over ranges without records', () => {
    expect(planOf([{ ...part(2, 9), records: [] }], at(2), at(9))).toEqual({ unbuilt: [], to: 9, positions: [] });
  });

  test('require a rebuild after a gap, without progress, and after a change of epoch or log', () => {
    expect(planOf([part(3, 5)], at(2), at(5))).toEqual(build);
    expect(planOf([part(0, 2), part(3, 5)], at(0), at(5))).toEqual(build);
    expect(planOf([part(0, 2)], undefined, at(2))).toEqual(build);
    expect(planOf([part(0, 2)], at(0), at(2, { epoch: 'another' }))).toEqual(build);
    expect(planOf([part(0, 2)], at(0), at(2, { logId: 'another' }))).toEqual(build);
  });

  test('do not include records of a previous log, or after the position of a restored store', () => {
    expect(planOf([part(0, 9, 'old')], at(0), at(0))).toEqual(nothing);
    expect(planOf([part(8, 9)], at(5), at(5), true)).toEqual(nothing);
    expect(planOf([part(5, 6)], at(5), at(5))).toEqual(nothing);
    expect(planOf([part(4, 6)], at(5), at(5))).toEqual(nothing);
    expect(planOf([part(5, 6), part(5, 7)], at(5), at(7))).toEqual({ unbuilt: [], to: 7, positions: [5, 6] });
  });

  test('do not include parts of another epoch', () => {
    expect(planOf([{ ...part(5, 6), epoch: 'before the restore' }], at(5), at(6))).toEqual(nothing);
  });
});
