/**
 * `localStorage` or `sessionStorage`, which may be full, or switched off, so that access throws. What the browser does
 * not store is kept until the page is closed. Nothing else in the page uses the two directly.
 */
class BrowserStorage {
  /** Values that the browser failed to store; null: failed to remove. */
  private readonly own = new Map<string, string | null>();

  constructor(private readonly storage: () => Storage) {}

  getItem(key: string): string | null {
    const own = this.own.get(key);
    return own === undefined ? this.attempt((storage) => storage.getItem(key), null) : own;
  }

  setItem(key: string, value: string): void {
    this.own.set(key, value);
    this.attempt((storage) => {
      storage.setItem(key, value);
      this.own.delete(key);
    }, undefined);
  }

  removeItem(key: string): void {
    this.own.set(key, null);
    this.attempt((storage) => {
      storage.removeItem(key);
      this.own.delete(key);
    }, undefined);
  }

  keys(): string[] {
    const kept = this.attempt((storage) => Object.keys(storage), []);
    return [...new Set([...kept, ...this.own.keys()])].filter((key) => this.getItem(key) !== null);
  }

  private attempt<Value>(use: (storage: Storage) => Value, otherwise: Value): Value {
    try {
      return use(this.storage());
    } catch {
      // Switched off or full, which is what this class is for.
      return otherwise;
    }
  }
}

/** Kept for this browser. */
export const browserStorage = new BrowserStorage(() => localStorage);
/** Kept for this tab, over reloads. */
export const tabStorage = new BrowserStorage(() => sessionStorage);
