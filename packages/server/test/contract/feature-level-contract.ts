import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { Facts } from '../../src/history/history-port.ts';
import { supportedLevel } from '../../src/platform/features.ts';
import type { Stores } from './sqlite-stores.ts';

/** A store, and a function that raises its level. */
export interface LevelledStores extends Stores {
  featureLevel(): Promise<number>;
  raise(level: number): Promise<void>;
}

export function describeFeatureLevel(name: string, open: () => Promise<LevelledStores>): void {
  describe(`the feature level of ${name}`, () => {
    let stores: LevelledStores;

    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.close());

    const levelInFacts = () =>
      stores.history.apply(
        { conversationIds: ['one', 'two'], participants: [], banned: [], repeats: [], reaches: [] },
        (facts: Facts) => ({
          changes: { entries: [], heads: [], participants: [], banChanges: [], reaches: [] },
          result: facts.level,
        }),
      );

    test('is that of the program that created the store, and is in the facts of each batch', async () => {
      expect(await stores.featureLevel()).toBe(supportedLevel());
      expect(await levelInFacts()).toBe(supportedLevel());
    });

    test('once raised, applies to later reads and decisions, and is never lowered', async () => {
      const level = supportedLevel() + 2;
      await stores.raise(level);
      await stores.raise(level - 1);
      expect(await stores.featureLevel()).toBe(level);
      expect(await levelInFacts()).toBe(level);
    });
  });
}
