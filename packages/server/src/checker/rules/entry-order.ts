import type { Entry } from '@parley/protocol';
import type { Report } from '../finding.ts';
import { identityOf, messageIdentity, type SentMessage } from '../fingerprints.ts';
import { NumbersBySeq } from '../numbers-by-seq.ts';
import { InvalidRecording } from '../parse-line.ts';
import { RisingMaximum } from '../rising-maximum.ts';

/** A number that is known to exist, and the line that shows it. */
export interface Known {
  seq: number;
  line: number;
}

/** An entry that is dated by a clock further ahead than this is not followed by later times (contract 3). */
const aheadMs = 5_000;
/** Higher numbers are refused, so that a broken recording cannot use up the memory. */
const seqMax = 50_000_000;

/** One order: each number has one content, wherever and by whom it is seen (contract 1 and 3). */
export class EntryOrder {
  /** The highest number that was acknowledged. */
  readonly acknowledged = new RisingMaximum();
  /** The highest number that was acknowledged or seen by anybody. */
  readonly highest = new RisingMaximum();
  private readonly identities = new NumbersBySeq(Float64Array);
  /** The times of entries; 0 where it is not known. */
  private times = new NumbersBySeq(Float64Array);
  private readonly counts = new NumbersBySeq(Uint32Array);
  /** The line that showed the entry first, as an entry. */
  private readonly seenLines = new NumbersBySeq(Uint32Array);
  private readonly lastSeenLines = new NumbersBySeq(Uint32Array);
  private readonly ackLines = new NumbersBySeq(Uint32Array);
  private readonly isMessage = new NumbersBySeq(Uint32Array);

  constructor(private readonly report: Report) {}

  /** The first line that shows the entry; 0 if only an acknowledgement does. */
  seenLine(seq: number): number {
    return this.seenLines.get(seq);
  }

  lastSeenLine(seq: number): number {
    return this.lastSeenLines.get(seq);
  }

  ackLine(seq: number): number {
    return this.ackLines.get(seq);
  }

  /** The log is replayed, which dates entries again. */
  forgetTimes(): void {
    this.times = new NumbersBySeq(Float64Array);
  }

  acknowledge(seq: number, sent: SentMessage & { atMs: number }, line: number): void {
    requireBound(seq, line);
    const identity = messageIdentity(sent);
    if (this.ackLines.get(seq) === 0) this.ackLines.set(seq, line);
    this.acknowledged.add(seq, line);
    this.learn(seq, { identity, atMs: sent.atMs, messageCount: sent.messageCount, isMessage: true }, line, false);
  }

  /** Returns whether the entry was not seen before. */
  see(entry: Entry, line: number): boolean {
    const { seq, atMs, messageCount } = entry;
    // Its content is not known, only its place in the order.
    if (entry.kind === 'later') return false;
    requireBound(seq, line);
    const isNew = this.seenLines.get(seq) === 0;
    this.learn(
      seq,
      { identity: identityOf(entry), atMs, messageCount, isMessage: entry.kind === 'message' },
      line,
      true,
    );
    return isNew;
  }

  private learn(
    seq: number,
    fact: { identity: number; atMs: number; messageCount: number; isMessage: boolean },
    line: number,
    isSeen: boolean,
  ): void {
    const [known, knownMs] = [this.identities.get(seq), this.times.get(seq)];
    const [seenLine, ackLine] = [this.seenLines.get(seq), this.ackLines.get(seq)];
    if (known !== 0 && (known !== fact.identity || (knownMs !== 0 && knownMs !== fact.atMs))) {
      const other = seenLine || ackLine;
      if (seenLine !== 0 && isSeen) this.report('two-contents', `number ${seq} has two contents`, [other, line]);
      else this.report('acknowledged-differs', `number ${seq} is not the entry that was acknowledged`, [other, line]);
      return;
    }
    if (isSeen && seenLine === 0) this.seenLines.set(seq, line);
    if (isSeen) this.lastSeenLines.set(seq, line);
    if (known !== 0 && knownMs !== 0) return;
    this.identities.set(seq, fact.identity);
    this.times.set(seq, fact.atMs);
    this.counts.set(seq, fact.messageCount);
    this.isMessage.set(seq, fact.isMessage ? 1 : 0);
    this.highest.add(seq, line);
    this.compareNeighbours(seq - 1, seq);
    this.compareNeighbours(seq, seq + 1);
  }

  private compareNeighbours(seq: number, next: number): void {
    if (this.identities.get(seq) === 0 || this.identities.get(next) === 0) return;
    const lines = [this.lineOf(seq), this.lineOf(next)];
    const backMs = this.times.get(seq) - this.times.get(next);
    if (this.times.get(next) > 0 && backMs > 0 && backMs <= aheadMs) {
      this.report('time-goes-back', `entry ${next} is dated ${backMs} ms before entry ${seq}`, lines);
    }
    const expected = this.counts.get(seq) + this.isMessage.get(next);
    if (this.counts.get(next) !== expected) {
      const counted = this.counts.get(next);
      this.report('wrong-count', `entry ${next} counts ${counted} messages, but there are ${expected}`, lines);
    }
  }

  private lineOf(seq: number): number {
    return this.seenLines.get(seq) || this.ackLines.get(seq);
  }
}

function requireBound(seq: number, line: number): void {
  if (seq > seqMax) throw new InvalidRecording(line, `the number ${seq} of an entry is above ${seqMax}`);
}
