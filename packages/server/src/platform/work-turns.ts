import { type NextTurn, setImmediateTurn } from './clock.ts';

/**
 * Work units (see `workUnits`) that are done for one address in one turn of the event loop. A unit takes 10 to 30 µs,
 * so this is about a millisecond, for which other addresses wait.
 */
export const unitsPerTurn = 64;

interface Waiting {
  units: number;
  run: () => void;
}

/**
 * Limits the work that is done for one address in one turn of the event loop. Work above the limit waits for one of the
 * next turns, in the order of arrival. Work for many addresses together is not limited: an overloaded server refuses
 * commands instead of queueing them here.
 */
export class WorkTurns {
  /** Units that are left in this turn, by address; an address that is missing has all of them. */
  private readonly left = new Map<string, number>();
  private readonly waiting = new Map<string, Waiting[]>();
  private isTurnEnding = false;

  /** @param perTurn units for one address; infinity for no limit, for load tests. */
  constructor(
    private readonly perTurn = unitsPerTurn,
    private readonly nextTurn: NextTurn = setImmediateTurn,
  ) {}

  /** Takes the units and returns true if the work may be done in this turn. The last piece may exceed the limit. */
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
