import { describe, expect, test } from 'bun:test';
import type { Entry } from '@parley/protocol';
import * as fc from 'fast-check';
import { fuzzed } from '../../server/test/fuzz/parameters.ts';
import { Sequencer } from '../src/sequencer.ts';
import { messages } from './support/entries.ts';

const seqsOf = (entries: readonly Entry[]) => entries.map((entry) => entry.seq);
const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

/** Fetches missing entries page by page, like a client. */
function refetch(sequencer: Sequencer, pageSize: number): { shown: number[]; fetches: number } {
  const shown: number[] = [];
  let fetches = 0;
  for (let range = sequencer.missing; range; range = sequencer.missing) {
    fetches++;
    const toSeq = Math.min(range.toSeq, range.fromSeq + pageSize - 1);
    shown.push(...seqsOf(sequencer.take(messages(range.fromSeq, toSeq))));
  }
  return { shown, fetches };
}

describe('contract 3 and 4: one order, no gaps, each entry once', () => {
  /** Batches in which each number occurs any number of times, in any order. */
  const deliveries = fc.integer({ min: 1, max: 80 }).chain((head) =>
    fc.record({
      head: fc.constant(head),
      batches: fc.array(fc.array(fc.integer({ min: 1, max: head }), { maxLength: 12 }), { maxLength: 40 }),
      /** The batches after which the client fetches. */
      fetchesAfter: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
      pageSize: fc.integer({ min: 1, max: 20 }),
    }),
  );

  test('duplicates, refetched losses and any order result in exactly 1..n in order', () => {
    fc.assert(
      fc.property(deliveries, ({ head, batches, fetchesAfter, pageSize }) => {
        const log = messages(1, head);
        const sequencer = new Sequencer(0);
        const shown: number[] = [];
        for (const [index, batch] of batches.entries()) {
          shown.push(...seqsOf(sequencer.take(batch.flatMap((seq) => log.slice(seq - 1, seq)))));
          if (fetchesAfter[index]) shown.push(...refetch(sequencer, pageSize).shown);
        }
        sequencer.expect(head);
        shown.push(...refetch(sequencer, pageSize).shown);
        expect(shown).toEqual(upTo(head));
        expect(sequencer.position).toBe(head);
        expect(sequencer.missing).toBeNull();
      }),
      fuzzed(500),
    );
  });

  test('skipped entries are not shown, and all others are shown once, in order', () => {
    fc.assert(
      fc.property(deliveries, fc.integer({ min: 0, max: 80 }), (given, skippedTo) => {
        const { head, batches, pageSize } = given;
        const log = messages(1, head);
        const sequencer = new Sequencer(0);
        const shown: number[] = [];
        const half = Math.floor(batches.length / 2);
        const deliver = (some: number[][]) => {
          for (const batch of some) {
            shown.push(...seqsOf(sequencer.take(batch.flatMap((seq) => log.slice(seq - 1, seq)))));
          }
        };
        deliver(batches.slice(0, half));
        const before = sequencer.position;
        const to = Math.min(head, skippedTo);
        sequencer.skipTo(to);
        shown.push(...seqsOf(sequencer.take([])));
        deliver(batches.slice(half));
        sequencer.expect(head);
        shown.push(...refetch(sequencer, pageSize).shown);
        expect(shown).toEqual(upTo(head).filter((seq) => seq <= before || seq > to));
      }),
      fuzzed(500),
    );
  });

  test('the missing range ends before the first held entry', () => {
    const sequencer = new Sequencer(10);
    expect(sequencer.missing).toBeNull();
    expect(seqsOf(sequencer.take(messages(15, 16)))).toEqual([]);
    expect(sequencer.missing).toEqual({ fromSeq: 11, toSeq: 14 });
    expect(seqsOf(sequencer.take(messages(11, 12)))).toEqual([11, 12]);
    expect(sequencer.missing).toEqual({ fromSeq: 13, toSeq: 14 });
    expect(seqsOf(sequencer.take(messages(13, 14)))).toEqual([13, 14, 15, 16]);
    expect(sequencer.missing).toBeNull();
  });

  test('an expected entry is missing until it arrives', () => {
    const sequencer = new Sequencer(4);
    sequencer.expect(6);
    expect(sequencer.missing).toEqual({ fromSeq: 5, toSeq: 6 });
    sequencer.take(messages(5, 6));
    expect(sequencer.missing).toBeNull();
  });

  test('many entries after a gap use bounded memory and are all shown, page by page', () => {
    const head = 5_000;
    const sequencer = new Sequencer(0);
    expect(sequencer.take(messages(2, head))).toEqual([]);
    const { shown, fetches } = refetch(sequencer, 200);
    expect(shown).toEqual(upTo(head));
    // One fetch for the gap, and those for the entries beyond the bound.
    expect(fetches).toBe(1 + Math.ceil((head - 1_001) / 200));
  });
});
