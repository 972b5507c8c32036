/**
 * Counts what each key does within one turn of the event loop. A runtime hands over everything of one read of a
 * connection in one turn; without a bound, a connection that sends ahead would keep all others waiting.
 */
export class TurnCounter<Key> {
  private readonly counts = new Map<Key, number>();

  constructor(private readonly nextTurn: (run: () => void) => void = setImmediate) {}

  /** How many calls for this key there were in this turn, this one included. */
  count(key: Key): number {
    if (this.counts.size === 0) this.nextTurn(() => this.counts.clear());
    const count = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    return count;
  }
}
