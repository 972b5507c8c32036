import type { Entry } from '@parley/protocol';

/** The number of entries held while a gap is being filled. Further entries are dropped and fetched later. */
const heldMax = 1_000;

/**
 * Puts the entries of one conversation in order: drops duplicates, and holds early entries until the missing ones
 * before them have arrived (contract 3, 4). Pure: no sockets, no time.
 */
export class Sequencer {
  private readonly held = new Map<number, Entry>();
  /** The highest known number, whether its entry has arrived or not. */
  private head: number;

  /** @param shown the number of the last entry that was shown; 0 for none. */
  constructor(private shown: number) {
    this.head = shown;
  }

  get position(): number {
    return this.shown;
  }

  /** The range to fetch before further entries can be shown; null if nothing is missing. */
  get missing(): { fromSeq: number; toSeq: number } | null {
    if (this.shown >= this.head) return null;
    const firstHeld = Math.min(this.head + 1, ...this.held.keys());
    return { fromSeq: this.shown + 1, toSeq: firstHeld - 1 };
  }

  /** Adds entries. Returns those to show now, in order. */
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

  /** Entries up to `seq` exist. Those that have not arrived are missing. */
  expect(seq: number): void {
    this.head = Math.max(this.head, seq);
  }

  /** Skips all entries up to `seq`. */
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
