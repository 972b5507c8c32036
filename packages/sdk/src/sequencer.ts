import type { Entry } from '@parley/protocol';

/** Entries that are held while a gap is being filled; beyond it they are dropped and fetched when their turn comes. */
const heldMax = 1_000;

/**
 * Puts one conversation's entries in order: whatever comes twice is dropped, whatever comes early is held until what
 * is missing before it came (contract 3, 4). Knows nothing of sockets or time.
 */
export class Sequencer {
  private readonly held = new Map<number, Entry>();
  /** The highest number that was heard of, whether or not its entry is here. */
  private head: number;

  /** @param shown the number of the last entry that was shown; 0 for none. */
  constructor(private shown: number) {
    this.head = shown;
  }

  get position(): number {
    return this.shown;
  }

  /** The range to fetch before anything further can be shown; null when there is none. */
  get missing(): { fromSeq: number; toSeq: number } | null {
    if (this.shown >= this.head) return null;
    const firstHeld = Math.min(this.head + 1, ...this.held.keys());
    return { fromSeq: this.shown + 1, toSeq: firstHeld - 1 };
  }

  /** The entries to show now, in order. */
  take(entries: readonly Entry[]): Entry[] {
    const ready = this.release();
    for (const entry of entries) {
      this.expect(entry.seq);
      const isNext = entry.seq === this.shown + 1;
      if (isNext || (entry.seq > this.shown && this.held.size < heldMax)) this.held.set(entry.seq, entry);
      if (isNext) ready.push(...this.release());
    }
    return ready;
  }

  /** There are entries up to `seq`: those that never come by themselves are missing. */
  expect(seq: number): void {
    this.head = Math.max(this.head, seq);
  }

  /** Leaves everything up to `seq` out: it will be fetched when somebody looks at it. */
  skipTo(seq: number): void {
    if (seq <= this.shown) return;
    this.expect(seq);
    this.shown = seq;
    for (const held of this.held.keys()) if (held <= seq) this.held.delete(held);
  }

  private release(): Entry[] {
    const ready: Entry[] = [];
    for (let next = this.held.get(this.shown + 1); next; next = this.held.get(this.shown + 1)) {
      this.held.delete(next.seq);
      this.shown = next.seq;
      ready.push(next);
    }
    return ready;
  }
}
