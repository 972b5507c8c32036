import { expect } from 'bun:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describeInBrowser, untilCached, withServiceWorker } from './support/browser.ts';
import type { PersonInBrowser } from './support/person.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';

const setUp = async (environment: TestEnvironment) => ({
  person: (options: BrowserContextOptions = {}): Promise<PersonInBrowser> =>
    environment.signUp('Ana', environment.server.url, options),
});

/** Answers the first request for the settings view with 404, as a server of another version does. */
async function loseSettingsOnce(page: Page): Promise<void> {
  let isLost = false;
  await page.route('**/assets/settings-view-*.js', (route) => {
    if (isLost) return route.continue();
    isLost = true;
    return route.fulfill({ status: 404 });
  });
}

describeInBrowser('a page whose server was upgraded', () => {
  const test = testWith(setUp);

  test('is reloaded at the same address when a part of it is missing', async ({ person }) => {
    const { page } = await person();
    await loseSettingsOnce(page);
    const opened = page.waitForEvent('load');
    await page.getByRole('link', { name: 'Settings' }).click();
    await opened;
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
  });

  test('reports the missing part if one reload did not help, and keeps working', async ({ person }) => {
    const { page } = await person();
    await page.getByRole('heading', { name: 'Start a conversation' }).waitFor();
    let loads = 0;
    page.on('load', () => loads++);
    // Only parts that the page loads later are missing.
    await page.route('**/assets/*settings*.js', (route) => route.fulfill({ status: 404 }));
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('alert').getByRole('heading', { name: 'Something went wrong here' }).waitFor();
    await page.waitForLoadState('load');
    expect(loads).toBe(1);
    await page.unroute('**/assets/*settings*.js');
    await page.getByRole('alert').getByRole('button', { name: 'Reload' }).click();
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
  });

  test('is not reloaded when the server can’t be reached, and says so in place of the dialog', async ({ person }) => {
    const { page } = await person();
    let loads = 0;
    page.on('load', () => loads++);
    await page.context().setOffline(true);
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.getByRole('alert').getByRole('button', { name: 'Reload' }).waitFor();
    await page.getByRole('heading', { name: 'Start a conversation' }).waitFor();
    expect(loads).toBe(0);
  });

  test('keeps the files of the previous version for open pages, and none of older versions', async ({ person }) => {
    const { page, faults } = await person(withServiceWorker);
    await page.evaluate(async () => {
      await (await navigator.serviceWorker.ready).unregister();
      for (const name of await caches.keys()) await caches.delete(name);
      for (const version of ['1', '2']) {
        const cache = await caches.open(`parley ${version}`);
        await cache.put(`/assets/of-${version}.js`, new Response(`version ${version}`));
        await cache.put('/', new Response('<title>an old page</title>', { headers: { 'content-type': 'text/html' } }));
      }
    });
    await page.reload();
    await untilCached(page);
    const asked = (path: string) =>
      page.evaluate(async (file) => {
        const answer = await fetch(file);
        return answer.ok ? answer.text() : answer.status;
      }, path);
    expect(await asked('/assets/of-2.js')).toBe('version 2');
    expect(await asked('/assets/of-1.js')).toBe(404);
    await page.context().setOffline(true);
    await page.reload();
    await page.getByRole('heading', { name: 'Start a conversation' }).waitFor();
    expect(faults.filter((fault) => !fault.includes('404'))).toEqual([]);
  });
});
