import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { type Progress, type SetAsideRecord, setAsideKept } from '../../src/followers/follower.ts';
import { totalsFollower } from '../../src/followers/totals/totals-port.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { until } from '../support/until.ts';
import { fields, newIds } from './conversations-under-test.ts';
import type { FeedUnderTest } from './feed-under-test.ts';

export function describeFollowerStatesContract(name: string, open: () => Promise<FeedUnderTest>): void {
  describe(`the progress of followers on ${name}`, () => {
    let under: FeedUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    const record = (seq: number): SetAsideRecord => ({
      ...{ conversationId: 'c', seq, revision: 0, kind: 'message', reason: `entry ${seq} can't be applied: "é"` },
    });

    /** The partition of a new conversation, and the follower's progress there, up to date. */
    async function built(): Promise<{ partition: number; progress: Progress }> {
      const reader = await under.feed.open(totalsFollower, () => undefined);
      await under.decide({
        ...{ ...fields(newIds(1)[0] ?? '', systemIds.uuid()), kind: 'create', conversationKind: 'group', name: 'Name' },
        ...{ description: '', announceOnly: false, history: 'all', userIds: [] },
      });
      let partition = -1;
      await until('the conversation is in the feed', async () => {
        partition = (await reader.take()).find(({ records }) => records.length > 0)?.reach.partition ?? -1;
        return partition >= 0;
      });
      await reader.close();
      await under.totals.rebuild(partition);
      return { partition, progress: await progressIn(partition) };
    }

    async function progressIn(partition: number): Promise<Progress> {
      const applied = (await under.states.read(totalsFollower, [partition])).get(partition)?.applied;
      if (!applied) throw new Error('the follower has no progress');
      return applied;
    }

    test('a record that is set aside advances it, and is reported until a rebuild, the newest first', async () => {
      const { partition, progress } = await built();
      expect(await under.states.report(totalsFollower)).toMatchObject({ setAside: 0, newestSetAside: [] });
      const count = setAsideKept + 5;
      for (let each = 0; each < count; each++) {
        const before = { ...progress, to: progress.to + each };
        await under.states.setAside(totalsFollower, { partition, before, to: before.to + 1 }, record(each));
      }
      expect(await progressIn(partition)).toEqual({ ...progress, to: progress.to + count });
      const { setAside, newestSetAside } = await under.states.report(totalsFollower);
      expect(setAside).toBe(count);
      expect(newestSetAside).toEqual(Array.from({ length: setAsideKept }, (_, index) => record(count - 1 - index)));
      await under.totals.rebuild(partition);
      expect(await under.states.report(totalsFollower)).toMatchObject({ setAside: 0, newestSetAside: [] });
      expect(await progressIn(partition)).toEqual(progress);
    });

    test('a record is not set aside when the progress has changed or was reset', async () => {
      const { partition, progress } = await built();
      const stale: Progress[] = [
        { ...progress, to: progress.to - 1 },
        { ...progress, epoch: 'another epoch' },
        { ...progress, logId: 'another log' },
      ];
      for (const before of stale) {
        const change = { partition, before, to: before.to + 1 };
        await expect(under.states.setAside(totalsFollower, change, record(1))).rejects.toBeInstanceOf(Unavailable);
      }
      expect(await progressIn(partition)).toEqual(progress);
      await under.states.reset(totalsFollower);
      const change = { partition, before: progress, to: progress.to + 1 };
      await expect(under.states.setAside(totalsFollower, change, record(1))).rejects.toBeInstanceOf(Unavailable);
      expect(await under.states.report(totalsFollower)).toMatchObject({ position: 0, setAside: 0 });
    });
  });
}
