import { type NextTurn, setImmediateTurn } from './clock.ts';

/**
 * Counts calls per key within one turn of the event loop. The runtime delivers everything that one read of a connection
 * returned in one turn, so without a limit a connection that pipelines would delay all others.
 */
export class TurnCounter<Key> {
  private readonly counts = new Map<Key, number>();

  constructor(private readonly nextTurn: NextTurn = setImmediateTurn) {}

  /** Returns the number of calls for this key in this turn, including this one. */
  count(key: Key): number {
    if (this.counts.size === 0) this.nextTurn(() => this.counts.clear());
    const count = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    return count;
  }
}
