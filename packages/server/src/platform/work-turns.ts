/**
 * Units of work (see `workUnits`) that are done for one address in one turn of the event loop. A unit takes 10 to
 * 30 µs, so it takes about a millisecond: that long others wait for what somebody sent.
 */
export const unitsPerTurn = 64;

interface Waiting {
  units: number;
  run: () => void;
}

/**
 * Bounds the work that is done for one address in one turn of the event loop. What is above the bound waits for one of
 * the next turns, in the order in which it was handed in. Work for many addresses has no bound together: a server that
 * has more to do than it can do refuses commands instead of keeping them waiting here.
 */
export class WorkTurns {
  /** Units that are left in this turn, by address; of others all are left. */
  private readonly left = new Map<string, number>();
  private readonly waiting = new Map<string, Waiting[]>();
  private isTurnEnding = false;

  /** @param perTurn units for one address; infinite where nothing is to be bounded, for load tests. */
  constructor(
    private readonly perTurn = unitsPerTurn,
    private readonly nextTurn: (run: () => void) => void = setImmediate,
  ) {}

  /** Whether work may be done in this turn. If so, its units are taken. The last piece may exceed the bound. */
  admits(address: string, units: number): boolean {
    if (this.leftOf(address) <= 0 || this.waiting.has(address)) return false;
    this.take(address, units);
    return true;
  }

  /** Counts work that can't wait. */
  take(address: string, units: number): void {
    this.left.set(address, this.leftOf(address) - units);
    this.endTurn();
  }

  /** Calls `run` in one of the next turns. */
  defer(address: string, units: number, run: () => void): void {
    const others = this.waiting.get(address);
    if (others) others.push({ units, run });
    else this.waiting.set(address, [{ units, run }]);
    this.endTurn();
  }

  /** Resolves when the work may be done: undefined when that is now. */
  turn(address: string, units: number): Promise<void> | undefined {
    return this.admits(address, units) ? undefined : new Promise((resolve) => this.defer(address, units, resolve));
  }

  private leftOf(address: string): number {
    return this.left.get(address) ?? this.perTurn;
  }

  private endTurn(): void {
    if (this.isTurnEnding) return;
    this.isTurnEnding = true;
    this.nextTurn(() => this.beginTurn());
  }

  private beginTurn(): void {
    this.isTurnEnding = false;
    this.left.clear();
    for (const address of [...this.waiting.keys()]) this.goOn(address);
  }

  private goOn(address: string): void {
    while (this.leftOf(address) > 0) {
      const pieces = this.waiting.get(address);
      const next = pieces?.shift();
      if (pieces?.length === 0) this.waiting.delete(address);
      if (!next) return;
      this.take(address, next.units);
      next.run();
    }
  }
}
