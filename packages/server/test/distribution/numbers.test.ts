import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Command } from '../../src/conversations/command.ts';
import { decideBatch } from '../../src/distribution/decide-batch.ts';
import { batchesOf, conversationIds, script, userIds } from './scripts.ts';
import { afterAnyScript, batchOf, Shard } from './shard.ts';

const alone = (command: Command) => [command];

describe('numbers (contract 3)', () => {
  test('are 1, 2, 3 … in each conversation, and its head has the last one', () => {
    afterAnyScript((shard) => {
      for (const { id, headSeq } of shard.heads) {
        const seqs = shard.log(id).map(({ seq }) => seq);
        expect(seqs).toEqual(Array.from(seqs, (_, index) => index + 1));
        expect(headSeq).toBe(seqs.length);
      }
    });
  });

  test('and everything else do not depend on the division into batches', () => {
    fc.assert(
      fc.property(script, (each) => {
        const split = Shard.after(batchesOf(each));
        for (const other of [Shard.after([each.commands]), Shard.after(each.commands.map(alone))]) {
          expect(other.logs).toEqual(split.logs);
          expect(other.outcomes).toEqual(split.outcomes);
          expect(other.amendments).toEqual(split.amendments);
          for (const id of conversationIds) {
            expect(other.head(id)).toEqual(split.head(id));
            for (const userId of userIds) expect(other.participant(id, userId)).toEqual(split.participant(id, userId));
          }
        }
      }),
    );
  });

  test('of amendments are 1, 2, 3 … too, and each message has that of its last one', () => {
    fc.assert(
      fc.property(script, (each) => {
        const shard = new Shard();
        const made = batchesOf(each).flatMap((batch) => shard.carryOut(batch).changes.amendments?.records ?? []);
        for (const { id, revision } of shard.heads) {
          const own = made.filter(({ conversationId }) => conversationId === id);
          expect(own.map((amendment) => amendment.revision)).toEqual(Array.from(own, (_, index) => index + 1));
          expect(revision).toBe(own.length);
          for (const entry of shard.log(id)) {
            if (entry.kind !== 'message') continue;
            expect(entry.revision).toBe(own.findLast(({ seq }) => seq === entry.seq)?.revision);
          }
        }
      }),
    );
  });

  test('are beside a message count in each entry and the head', () => {
    afterAnyScript((shard) => {
      for (const { id, messageCount, lastMessageSeq } of shard.heads) {
        const log = shard.log(id);
        const messages = log.filter(({ kind }) => kind === 'message');
        for (const entry of log) {
          expect(entry.messageCount).toBe(messages.filter(({ seq }) => seq <= entry.seq).length);
        }
        expect([messageCount, lastMessageSeq]).toEqual([messages.length, messages.at(-1)?.seq ?? 0]);
      }
    });
  });

  test('have times that go back only after a clock that was more than 5 s ahead', () => {
    fc.assert(
      fc.property(script, fc.infiniteStream(fc.nat(12_000)), (each, times) => {
        const shard = new Shard();
        for (const batch of batchesOf(each)) {
          const nowMs: number = times.next().value;
          const { changes, result } = shard.carryOut(batch, nowMs);
          let datedBack = 0;
          for (const { entry } of changes.entries) {
            const before = shard.log(entry.conversationId)[entry.seq - 2]?.atMs ?? 0;
            expect(entry.atMs).toBe(before > nowMs + 5_000 ? nowMs : Math.max(nowMs, before));
            if (entry.atMs < before) datedBack++;
          }
          expect(result.datedBack).toBe(datedBack);
        }
        for (const { id, lastEntryAtMs } of shard.heads) expect(shard.log(id).at(-1)?.atMs).toBe(lastEntryAtMs);
      }),
    );
  });
});

test('a repeated transaction has the same result, because deciding does not change its facts', () => {
  fc.assert(
    fc.property(script, fc.nat(20), ({ commands }, written) => {
      const shard = Shard.after([commands.slice(0, written)]);
      const rest = commands.slice(written);
      const facts = shard.factsFor(rest);
      const first = structuredClone(decideBatch(facts, batchOf(rest), 1_000));
      expect(decideBatch(facts, batchOf(rest), 1_000)).toEqual(first);
    }),
  );
});
