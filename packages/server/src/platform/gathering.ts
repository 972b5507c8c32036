export interface GatheringOptions<Item> {
  /** Called with the items in order, one call at a time. Must not reject. */
  handle(items: Item[]): void | Promise<void>;
  /** The number of waiting items to handle together, at least one; all by default. */
  next?(waiting: readonly Item[]): number;
  /** What the first item waits for while nothing is being handled; by default it is handled at once. */
  begin?(): Promise<void>;
}

/** Gathers items while earlier ones are being handled, then handles the gathered ones together. */
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

  /** Removes and returns the waiting items without handling them. */
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
