import { patienceMs } from './patience.ts';

/** Lets a test wait for a condition that only certain events change. The receiver of the events calls {@link wake}. */
export class EventWait {
  private readonly looks = new Set<() => void>();

  constructor(private readonly withinMs = patienceMs) {}

  wake(): void {
    for (const look of [...this.looks]) look();
  }

  /**
   * Resolves with the first result of `find` that is not undefined. Calls `find` now and at each event. Rejects with
   * its error, or with `what` it waited for when there is no result within the time.
   */
  until<Value>(find: () => Value | undefined, what = String(find)): Promise<Value> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(patience);
        this.looks.delete(look);
      };
      const look = () => {
        try {
          const found = find();
          if (found === undefined) return;
          end();
          resolve(found);
        } catch (error) {
          end();
          reject(error);
        }
      };
      const patience = setTimeout(() => {
        end();
        reject(new Error(`waited ${this.withinMs} ms in vain: ${what}`));
      }, this.withinMs);
      this.looks.add(look);
      look();
    });
  }
}
