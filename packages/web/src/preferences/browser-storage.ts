/**
 * Wraps `localStorage` or `sessionStorage`, which throw when they are full or disabled. Keeps values that the browser
 * fails to store in memory until the page is closed. No other code uses the two directly.
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
      // The storage is disabled or full.
      return otherwise;
    }
  }
}

/** Values that all tabs of this browser share. */
export const browserStorage = new BrowserStorage(() => localStorage);
/** Values of this tab, which survive reloads. */
export const tabStorage = new BrowserStorage(() => sessionStorage);
