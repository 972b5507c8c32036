import { beforeAll, expect } from 'bun:test';
import type { Network } from '../support/network.ts';
import { until } from '../support/until.ts';
import { laterVersion, noServiceWorker } from './later-version.ts';
import type { Walker } from './walker.ts';
import { describeInEngines } from './walks.ts';

const newerRuns = 'A newer version of Parley is open in another tab';
const olderRuns = 'An older version of Parley is open in another tab';
/** Built once for all engines. */
let later = new Map<string, string>();

/** Makes the server serve the later version of the page. `isAway`: its API can't be reached. */
function upgrade(network: Network, { isAway = false } = {}): void {
  const unreachable = () => Promise.reject(new Error('unreachable'));
  network.intercept((path) => answer(path) ?? (isAway && path.startsWith('/v1/') ? unreachable() : null), {
    keepsOpen: !isAway,
  });
}

/** The later version's response; null for paths that are not the page's. */
function answer(path: string): string | null {
  if (path === '/service-worker.js') return noServiceWorker;
  return later.get(/^\/(c\/|$)/.test(path) ? '/' : path) ?? null;
}

/** Makes the server serve the earlier version of the page again. */
function downgrade(network: Network): void {
  network.intercept((path) => (path === '/service-worker.js' ? noServiceWorker : null), { keepsOpen: true });
}

/** The version of the database, which is its number of steps. */
async function databaseVersion({ page }: Walker): Promise<number> {
  const find = async () => (await indexedDB.databases()).find(({ name }) => name === 'parley')?.version;
  const version = await page.run(find, null);
  if (version === undefined) throw new Error('the page has no database');
  return version;
}

describeInEngines(
  'two versions of the page',
  (walk) => {
    beforeAll(async () => {
      if (later.size === 0) later = await laterVersion();
    });

    walk(
      'an open tab keeps working beside a later version, shows a notice, and loses no unsent message',
      async (scene) => {
        const { ana, ben, network } = scene;
        await ana.openDirect('Ben');
        await ana.write('Before');
        await ben.click('link', 'Ana');
        await ben.showsMessages('Before');
        const version = await databaseVersion(ana);
        upgrade(network, { isAway: true });
        await ana.shows(/No connection|Connecting/);
        await ana.write('Waits');
        await ana.showsMessages('Before', 'Waits');
        const second = await ana.another();
        await second.showsMessages('Before', 'Waits');
        expect(await databaseVersion(second)).toBe(version + 1);
        await ana.shows(newerRuns);
        await ana.write('Waits too');
        await ana.showsMessages('Before', 'Waits', 'Waits too');
        await ana.page.run(() => void Object.assign(globalThis, { isBeforeReload: true }), null);
        await ana.click('button', 'Reload');
        await until(
          'the tab to be reloaded',
          // During the reload there may be no page to run this in.
          () => ana.page.run(() => 'isBeforeReload' in globalThis, null).catch(() => true),
          (isBefore) => !isBefore,
        );
        upgrade(network);
        for (const one of [ana, second, ben]) await one.showsMessages('Before', 'Waits', 'Waits too');
        await ben.write('All is there');
        for (const one of [ana, second]) await one.showsMessages('Before', 'Waits', 'Waits too', 'All is there');
      },
    );

    walk('the later version waits for a tab that does not close the database, and says so', async (scene) => {
      const { ana, network } = scene;
      await ana.openDirect('Ben');
      await ana.write('Before');
      await ana.showsMessages('Before');
      const version = await databaseVersion(ana);
      await ana.page.run(async () => {
        const request = indexedDB.open('parley');
        await new Promise((resolve) => {
          request.onsuccess = resolve;
        });
        Object.assign(globalThis, { held: request.result });
      }, null);
      upgrade(network);
      const second = await ana.another();
      await second.shows(olderRuns);
      await ana.page.run(() => (globalThis as unknown as { held: IDBDatabase }).held.close(), null);
      await second.showsMessages('Before');
      expect(await databaseVersion(second)).toBe(version + 1);
      expect(await second.showsText(olderRuns)).toBe(false);
    });

    walk('an earlier version works with the database of the later one after a downgrade', async (scene) => {
      const { ana, ben, network } = scene;
      await ana.openDirect('Ben');
      const version = await databaseVersion(ana);
      upgrade(network);
      await ana.page.reload();
      await ana.write('By the later version');
      await ana.showsMessages('By the later version');
      expect(await databaseVersion(ana)).toBe(version + 1);
      downgrade(network);
      await ana.page.reload();
      await ana.write('By the earlier version');
      await ana.showsMessages('By the later version', 'By the earlier version');
      await ana.page.reload();
      await ana.showsMessages('By the later version', 'By the earlier version');
      expect(await ana.showsText(newerRuns)).toBe(false);
      await ben.click('link', 'Ana');
      await ben.showsMessages('By the later version', 'By the earlier version');
    });
  },
  downgrade,
);
