/**
 * Units of work (see `workUnits`) that are done in one turn of the event loop, of all connections together. A unit takes
 * 10 to 30 µs, so a turn takes about a millisecond: that long others wait for what somebody sent.
 */
export const unitsPerTurn = 64;

interface Waiting {
  units: number;
  run: () => void;
}

/**
 * Bounds the work of one turn of the event loop, whoever it is for. What is above the bound waits for one of the next
 * turns. Addresses that have work waiting come one after the other, and so do the pieces of one address, in the order
 * in which they were handed in.
 */
export class WorkTurns {
  private left = unitsPerTurn;
  private isTurnEnding = false;
  /** By address; the one that comes next is first. */
  private readonly waiting = new Map<string, Waiting[]>();

  constructor(private readonly nextTurn: (run: () => void) => void = setImmediate) {}

  /** Whether work may be done in this turn. If so, its units are taken. The last piece may exceed the bound. */
  admits(units: number): boolean {
    if (this.left <= 0 || this.waiting.size > 0) return false;
    this.take(units);
    return true;
  }

  /** Counts work that can't wait. */
  take(units: number): void {
    this.left -= units;
    this.endTurn();
  }

  /** Calls `run` in one of the next turns, when it is the address' turn. */
  defer(address: string, units: number, run: () => void): void {
    const others = this.waiting.get(address);
    if (others) others.push({ units, run });
    else this.waiting.set(address, [{ units, run }]);
    this.endTurn();
  }

  /** Resolves when the work may be done: undefined when that is now. */
  turn(address: string, units: number): Promise<void> | undefined {
    return this.admits(units) ? undefined : new Promise((resolve) => this.defer(address, units, resolve));
  }

  private endTurn(): void {
    if (this.isTurnEnding) return;
    this.isTurnEnding = true;
    this.nextTurn(() => this.beginTurn());
  }

  private beginTurn(): void {
    this.isTurnEnding = false;
    this.left = unitsPerTurn;
    while (this.left > 0) {
      const next = this.next();
      if (!next) return;
      this.take(next.units);
      next.run();
    }
  }

  /** Takes out the piece that comes next; its address then comes after all others. */
  private next(): Waiting | undefined {
    for (const [address, pieces] of this.waiting) {
      const next = pieces.shift();
      this.waiting.delete(address);
      if (pieces.length > 0) this.waiting.set(address, pieces);
      return next;
    }
    return undefined;
  }
}
