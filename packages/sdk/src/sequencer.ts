import type { Entry } from '@parley/protocol';

/** What came of an entry that was taken in. */
export interface Taken {
  /** Entries to show now, in order. */
  ready: Entry[];
  /** A range to fetch before anything further can be shown; null when there is none. */
  missing: { fromSeq: number; toSeq: number } | null;
}

/** Entries that are held while a gap is being filled; beyond it they are dropped and fetched again later. */
const heldMax = 1_000;

/**
 * Puts one conversation's entries in order: whatever comes twice is dropped, whatever comes early is held until what
 * is missing before it came (contract 3, 4). Knows nothing of sockets or time.
 */
export class Sequencer {
  private readonly held = new Map<number, Entry>();

  /** @param shown the number of the last entry that was shown; 0 for none. */
  constructor(private shown: number) {}

  get position(): number {
    return this.shown;
  }

  take(entries: readonly Entry[]): Taken {
    for (const entry of entries) {
      if (entry.seq > this.shown && (this.held.size < heldMax || entry.seq === this.shown + 1)) {
        this.held.set(entry.seq, entry);
      }
    }
    const ready: Entry[] = [];
    for (let next = this.held.get(this.shown + 1); next; next = this.held.get(this.shown + 1)) {
      this.held.delete(next.seq);
      this.shown = next.seq;
      ready.push(next);
    }
    return { ready, missing: this.missing() };
  }

  /** Leaves everything up to `seq` out: it will be fetched when somebody looks at it. */
  skipTo(seq: number): Taken {
    if (seq > this.shown) {
      this.shown = seq;
      for (const held of this.held.keys()) if (held <= seq) this.held.delete(held);
    }
    return this.take([]);
  }

  private missing(): Taken['missing'] {
    if (this.held.size === 0) return null;
    return { fromSeq: this.shown + 1, toSeq: Math.min(...this.held.keys()) - 1 };
  }
}
