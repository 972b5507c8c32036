import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { ServerSettings } from '../../src/operations/server-settings.ts';
import { FakeClock } from '../support/fake-clock.ts';
import type { Stores } from './sqlite-stores.ts';

export function describeServerSettings(name: string, open: () => Promise<Stores>): void {
  describe(`server settings on ${name}`, () => {
    let stores: Stores;
    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.close());

    test('edits have no time limit until an administrator sets one, and none again when it is removed', async () => {
      for (const settings of [{}, { editWindowMs: 60_000 }, { editWindowMs: 0 }, {}]) {
        await stores.serverSettings.writeSettings(settings);
        expect(await stores.serverSettings.readSettings()).toEqual(settings);
      }
    });

    test('a change is in force at once on the server that made it, and within 5 s on others', async () => {
      const clock = new FakeClock();
      const [one, other] = [1, 2].map(() => new ServerSettings(stores.serverSettings, clock));
      if (!one || !other) throw new Error('there are two');
      expect(await other.inForce()).toEqual({});
      await one.write({ editWindowMs: 60_000 });
      expect(await one.inForce()).toEqual({ editWindowMs: 60_000 });
      expect(await other.inForce()).toEqual({});
      clock.advance(5_000);
      expect(await other.inForce()).toEqual({ editWindowMs: 60_000 });
    });
  });
}
