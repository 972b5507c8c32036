import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { Command } from '../../src/conversations/command.ts';
import { type FeedPart, type FeedReader, type FeedRecord, takeMax } from '../../src/feed/feed-port.ts';
import { noFollowerMetrics } from '../../src/followers/follower-metrics.ts';
import { FollowerRunner } from '../../src/followers/follower-runner.ts';
import { TotalsFollower } from '../../src/followers/totals/totals-follower.ts';
import { totalsFollower } from '../../src/followers/totals/totals-port.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { until } from '../support/until.ts';
import { fields, newIds } from './conversations-under-test.ts';
import { ana, ben, edit, type FeedUnderTest, recordsOf, send } from './feed-under-test.ts';

/** With it, a follower checks more often whether it is behind, and has rebuilt after a second instead of half a minute. */
const oftenChecking: Clock = { ...systemClock, every: (intervalMs, run) => systemClock.every(intervalMs / 25, run) };

export function describeFeedContract(name: string, open: () => Promise<FeedUnderTest>): void {
  describe(`the feed on ${name}`, () => {
    let under: FeedUnderTest;
    const closing: (() => Promise<void>)[] = [];

    beforeEach(async () => {
      under = await open();
    });
    afterEach(async () => {
      for (const close of closing.splice(0)) await close();
      await under.close();
    });

    async function openReader(wake: () => void = () => undefined): Promise<FeedReader> {
      const reader = await under.feed.open(totalsFollower, wake);
      closing.push(() => reader.close());
      return reader;
    }

    async function taken(reader: FeedReader, count: number): Promise<FeedRecord[]> {
      const records: FeedRecord[] = [];
      await until(`${count} records are in the feed`, async () => {
        records.push(...recordsOf(await reader.take()));
        reader.done(reader.partitions);
        return records.length >= count;
      });
      return records;
    }

    const create = (conversationId: string): Command => ({
      ...{ ...fields(conversationId, ana), kind: 'create', conversationKind: 'group', name: 'Name', description: '' },
      ...{ announceOnly: false, history: 'all', userIds: [ben] },
    });

    test('returns every entry once, in order within a conversation', async () => {
      const reader = await openReader();
      const ids = newIds(3);
      for (const id of ids) await under.decide(create(id));
      await under.decide(...ids.flatMap((id) => [send(id, 'one'), send(id, 'two')]));
      await under.decide({ ...fields(ids[0] ?? '', ben), kind: 'leave' });
      const records = await taken(reader, 10);
      const of = (id: string) => records.filter(({ conversationId }) => conversationId === id);
      for (const id of ids.slice(1)) expect(of(id).map(({ seq, kind }) => [seq, kind])).toEqual(messages);
      expect(of(ids[0] ?? '').map(({ seq, kind }) => [seq, kind])).toEqual([...messages, [4, 'left']]);
      expect(records).toHaveLength(10);
      for (const { revision, again } of records) expect([revision, again]).toEqual([0, false]);
      for (const record of records) expect(JSON.stringify(record)).not.toContain('one');
      expect(recordsOf(await reader.take())).toEqual([]);
    });

    test('returns every amendment with its message and revision, after the entry, without text', async () => {
      const reader = await openReader();
      const [id = ''] = newIds(1);
      await under.decide(create(id));
      const react: Command = { ...fields(id, ben), kind: 'react', seq: 2, emoji: '👍', set: true };
      await under.decide(send(id, 'secret'), edit(id, 'changed secret'), react);
      await under.decide({ ...fields(id, ana), kind: 'pin', seq: 2, set: true }, send(id, 'secret too'));
      await under.decide({ ...fields(id, ana), kind: 'delete', seq: 2 });
      const records = await taken(reader, 7);
      expect(records.map(({ seq, revision, kind }) => [seq, revision, kind]).sort(byRevision)).toEqual([
        ...[
          [1, 0, 'created'],
          [2, 0, 'message'],
          [3, 0, 'message'],
        ],
        ...[
          [2, 1, 'edit'],
          [2, 2, 'react'],
          [2, 3, 'pin'],
          [2, 4, 'delete'],
        ],
      ]);
      const amendments = records.filter(({ revision }) => revision > 0);
      expect(amendments.map(({ revision }) => revision)).toEqual([1, 2, 3, 4]);
      expect(records.findIndex(({ seq }) => seq === 2)).toBeLessThan(records.indexOf(amendments[0] as FeedRecord));
      expect(JSON.stringify(records)).not.toContain('secret');
    });

    test('wakes its readers, and returns the same parts until they are acknowledged', async () => {
      let wakes = 0;
      const reader = await openReader(() => wakes++);
      await until('the reader has partitions', () => reader.partitions.size > 0);
      const before = wakes;
      const [id = ''] = newIds(1);
      await under.decide(create(id));
      await until('the reader is woken', () => wakes > before);
      let first: readonly FeedPart[] = [];
      await until('the entry is there', async () => {
        first = await reader.take();
        return recordsOf(first).length > 0;
      });
      expect(await reader.take()).toEqual(first);
      reader.done(reader.partitions);
      expect(recordsOf(await reader.take())).toEqual([]);
    });

    test('returns parts with consecutive ranges of the log and with their epoch', async () => {
      const reader = await openReader();
      const [id = ''] = newIds(1);
      await under.decide(create(id));
      await under.decide(send(id, 'one'));
      await under.decide(send(id, 'two'));
      const parts: FeedPart[] = [];
      await until('everything is in the feed', async () => {
        parts.push(...(await reader.take()));
        reader.done(reader.partitions);
        return recordsOf(parts).length === 3;
      });
      const epoch = await under.conversations.epochOf(id);
      expect(epoch).toBeString();
      let to = parts[0]?.reach.from;
      for (const { reach, records, epoch: own } of parts) {
        expect(reach.from).toBe(to as number);
        to = reach.to;
        for (const { position } of records) expect(position >= reach.from && position < reach.to).toBe(true);
        expect(own).toBe(epoch as string);
      }
      const { decided } = (await under.states.read(totalsFollower, [parts[0]?.reach.partition ?? 0])).get(
        parts[0]?.reach.partition ?? 0,
      ) ?? { decided: undefined };
      expect(decided).toMatchObject({ epoch, to, logId: parts[0]?.reach.logId });
    });

    test('limits the number of records that it returns at once', async () => {
      const reader = await openReader();
      const [id = ''] = newIds(1);
      await under.decide(create(id));
      for (let batch = 0; batch < 12; batch++) {
        await under.decide(...Array.from({ length: 500 }, (_, index) => send(id, `${batch}-${index}`)));
      }
      let most = 0;
      const seqs: number[] = [];
      await until('everything is in the feed', async () => {
        const records = recordsOf(await reader.take());
        reader.done(reader.partitions);
        most = Math.max(most, records.length);
        seqs.push(...records.map(({ seq }) => seq));
        return seqs.length >= 6_001;
      });
      expect(seqs).toEqual(Array.from({ length: 6_001 }, (_, index) => index + 1));
      // A part is never split, so the last one may exceed the limit.
      expect(most).toBeLessThan(2 * takeMax);
    });

    describe('with the totals that follow it', () => {
      /** The totals as `read` returns them. */
      async function counted() {
        const { users: _users, databaseBytes: _bytes, ...counts } = await under.totals.read();
        return counts;
      }

      let rebuilds = 0;

      async function follow(clock: Clock = systemClock): Promise<FollowerRunner> {
        const runner = new FollowerRunner({
          ...{ follower: new TotalsFollower(under.totals), feed: under.feed, states: under.states },
          ...{ clock, reportFailure: () => undefined },
          metrics: { ...noFollowerMetrics, rebuilt: () => rebuilds++ },
        });
        await runner.start();
        closing.push(() => runner.stop());
        return runner;
      }

      async function applied(): Promise<Awaited<ReturnType<typeof counted>>> {
        await until('the totals are up to date', async () => {
          const { lagRecords, unbuiltPartitions } = await under.states.report(totalsFollower);
          return lagRecords === 0 && unbuiltPartitions === 0;
        });
        return counted();
      }

      /** The totals right after a reset, counted from the stores. */
      async function recounted() {
        await under.states.reset(totalsFollower);
        return counted();
      }

      async function someConversations(): Promise<string[]> {
        const [group = '', channel = '', closed = ''] = newIds(3);
        await under.decide(create(group), create(closed));
        await under.decide({ ...create(channel), conversationKind: 'channel', userIds: [] } as Command);
        await under.decide(...[group, channel, closed].map((id) => send(id, 'text')));
        await under.decide({ ...fields(closed, ben), kind: 'leave' }, { ...fields(closed, ana), kind: 'leave' });
        return [group, channel];
      }

      test('count existing entries and new entries exactly, and do so again after a reset', async () => {
        const nothing = { conversations: 0, directConversations: 0, groups: 0, channels: 0, messages: 0 };
        expect(await counted()).toEqual(nothing);
        await someConversations();
        const before = { conversations: 2, directConversations: 0, groups: 1, channels: 1, messages: 3 };
        expect(await counted()).toEqual(before);
        await follow();
        expect(await applied()).toEqual(before);
        const ids = await someConversations();
        await under.decide(...ids.map((id) => send(id, 'another')));
        const after = { conversations: 4, directConversations: 0, groups: 2, channels: 2, messages: 8 };
        expect(await applied()).toEqual(after);
        expect(await recounted()).toEqual(after);
        expect(await applied()).toEqual(after);
      });

      test('count each message once that was sent while no follower ran', async () => {
        const first = await follow();
        const [id = ''] = await someConversations();
        await applied();
        await first.stop();
        await under.decide(send(id, 'one'), send(id, 'two'));
        expect((await under.states.report(totalsFollower)).lagRecords).toBeGreaterThan(0);
        await follow();
        expect((await applied()).messages).toBe(5);
        expect((await recounted()).messages).toBe(5);
      });

      test('count no amendment, also not when it is retried', async () => {
        await follow();
        const [id = ''] = await someConversations();
        await applied();
        const before = rebuilds;
        const change = edit(id, 'other');
        await under.decide(send(id, 'text'), change, { ...fields(id, ana), kind: 'pin', seq: 2, set: true });
        await under.decide(change);
        await under.decideTwice?.({ ...fields(id, ana), kind: 'react', seq: 2, emoji: '👍', set: true });
        expect((await applied()).messages).toBe(4);
        expect(rebuilds).toBe(before);
        expect((await recounted()).messages).toBe(4);
      });

      test('count a message once that its sender retries', async () => {
        await follow();
        const [id = ''] = await someConversations();
        const command = send(id, 'once');
        await under.decide(command);
        await under.decide(command, send(id, 'another'));
        await under.decide(command);
        expect((await applied()).messages).toBe(5);
        expect((await recounted()).messages).toBe(5);
      });

      test('count a message once whose command is processed twice, also among retried commands', async () => {
        if (!under.decideTwice) return;
        await follow();
        const [id = ''] = await someConversations();
        const command = send(id, 'once');
        await under.decide(command);
        await applied();
        const before = rebuilds;
        await under.decideTwice(send(id, 'one'), command, send(id, 'two'));
        expect((await applied()).messages).toBe(6);
        expect(rebuilds).toBeGreaterThan(before);
        await under.decideTwice(command);
        await under.decide(send(id, 'three'));
        expect((await applied()).messages).toBe(7);
        expect((await recounted()).messages).toBe(7);
      });

      test('count messages of a version that does not write to the feed, with and without later records', async () => {
        if (!under.decideWithoutFeed) return;
        await follow(oftenChecking);
        const [id = ''] = await someConversations();
        await under.decideWithoutFeed(send(id, 'unfed'));
        await under.decide(send(id, 'fed'));
        expect((await applied()).messages).toBe(5);
        await under.decideWithoutFeed(send(id, 'unfed too'));
        expect((await applied()).messages).toBe(6);
        expect((await recounted()).messages).toBe(6);
      });
    });
  });
}

const messages = [
  [1, 'created'],
  [2, 'message'],
  [3, 'message'],
];

function byRevision([seq, revision]: (number | string)[], [otherSeq, otherRevision]: (number | string)[]): number {
  return Number(revision) - Number(otherRevision) || Number(seq) - Number(otherSeq);
}
