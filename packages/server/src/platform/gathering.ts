export interface GatheringOptions<Item> {
  /** Is called with the items in their order, one call at a time. Must not reject. */
  handle(items: Item[]): void | Promise<void>;
  /** How many of the first items that wait are handled together, at least one; all unless given. */
  next?(waiting: readonly Item[]): number;
  /** What the first item waits for while nothing is being handled; it is handled at once unless given. */
  begin?(): Promise<void>;
}

/** Gathers items while earlier ones are being handled, and then has them handled together. */
export class Gathering<Item> {
  private waiting: Item[] = [];
  /** Set before `handle` is called, which may add items itself. */
  private isHandling = false;
  private handled: Promise<void> = Promise.resolve();

  constructor(private readonly options: GatheringOptions<Item>) {}

  /** How many items wait to be handled. */
  get size(): number {
    return this.waiting.length;
  }

  add(items: readonly Item[]): void {
    for (const item of items) this.waiting.push(item);
    if (this.waiting.length === 0 || this.isHandling) return;
    this.isHandling = true;
    this.handled = this.handleAll();
  }

  /** Takes what waits out, unhandled. */
  clear(): Item[] {
    return this.waiting.splice(0);
  }

  /** Resolves when nothing waits and nothing is being handled. */
  async idle(): Promise<void> {
    await this.handled;
  }

  private async handleAll(): Promise<void> {
    const { handle, next, begin } = this.options;
    if (begin) await begin();
    while (this.waiting.length > 0) {
      await handle(this.waiting.splice(0, next ? next(this.waiting) : this.waiting.length));
    }
    this.isHandling = false;
  }
}
