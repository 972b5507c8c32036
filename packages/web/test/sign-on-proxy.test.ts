import { afterAll, beforeAll, expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { describeInBrowser } from './support/browser.ts';
import type { Network } from './support/network.ts';
import { type Place, testWith } from './support/place.ts';
import { until } from './support/until.ts';

const signIn = 'Sign in at the company';
const signInPage = `<!doctype html><title>Company</title><h1>${signIn}</h1>`;

/** A whole answer in HTTP's form. */
function answer(status: string, content = signInPage, headers = 'content-type: text/html'): string {
  const length = Buffer.byteLength(content);
  return `HTTP/1.1 ${status}\r\n${headers}\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${content}`;
}

/** Where people sign in, at another origin. */
let company: Bun.Server<undefined>;
/** What lets people through when they have signed in. */
let signedIn: () => void = () => undefined;

const redirectOut = () => answer('302 Found', '', `location: http://127.0.0.1:${company.port}/`);

/** What proxies and networks answer in the server's place, by path. */
const interceptions: Record<string, (path: string) => string> = {
  'a redirect to another origin': redirectOut,
  'a redirect to a page of its own': (path) =>
    path.startsWith('/oauth2/') ? answer('200 OK') : answer('302 Found', '', 'location: /oauth2/sign_in'),
  'a page with status 401': () => answer('401 Unauthorized'),
  'a page with status 403': () => answer('403 Forbidden'),
  'a page with status 200': () => answer('200 OK'),
  'a page with status 511': () => answer('511 Network Authentication Required'),
  'a page with status 404': () => answer('404 Not Found'),
};

/** Somebody whose browser keeps the page, with a network in which a proxy can answer. */
async function setUp(place: Place) {
  const network = place.network();
  // The first account is made at the server itself.
  await place.server.person('root');
  const ben = await place.server.person('ben');
  const ana = await place.signUp('Ana', network.url);
  await untilKept(ana.page);
  return { network, ana, ben };
}

async function untilKept(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
}

async function untilAtSignIn(page: Page): Promise<void> {
  await page.getByRole('heading', { name: signIn }).waitFor();
}

const told = (page: Page) => page.locator('.connection-bar').filter({ hasText: 'wants you to sign in' });

const home = (page: Page) => page.getByRole('heading', { name: 'Start a conversation' });

/** A proxy that answers only when the kept page shows already. */
function slowly(network: Network, text: string) {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  network.intercept(async () => {
    await released;
    return text;
  });
  return release;
}

describeInBrowser('behind a proxy at which people sign in', () => {
  const test = testWith(setUp);

  beforeAll(() => {
    company = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch({ url }) {
        if (new URL(url).pathname === '/done') signedIn();
        return new Response(signInPage, { headers: { 'content-type': 'text/html' } });
      },
    });
  });
  afterAll(() => company.stop(true));

  for (const [what, intercept] of Object.entries(interceptions)) {
    test(`${what} is shown when the page is opened, and the page is back after signing in`, async ({
      network,
      ana,
    }) => {
      const { page } = ana;
      network.intercept(intercept);
      await page.goto(`${network.url}/settings`);
      await untilAtSignIn(page);
      network.mend();
      await page.goto(`${network.url}/settings`);
      await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    });
  }

  for (const what of ['a redirect to another origin', 'a page with status 401', 'a page with status 200']) {
    test(`a page that is open says so when it gets ${what}, and leads there`, async ({ network, ana, ben, place }) => {
      const { page } = ana;
      await ana.openDirect('ben');
      const address = page.url();
      network.intercept(interceptions[what] ?? redirectOut);
      await told(page).waitFor();
      await ana.write('written meanwhile');
      await page.getByRole('link', { name: 'Sign in there' }).click();
      await untilAtSignIn(page);
      network.mend();
      await page.goto(`${address}?sign-in`);
      await ana.message('written meanwhile').getByRole('img', { name: 'Sent' }).waitFor();
      expect(page.url()).toBe(address);
      const { conversations } = await place.server.call(ben, 'getHomepage', {});
      expect(conversations.map(({ lastMessage }) => lastMessage?.text)).toEqual(['written meanwhile']);
    });
  }

  for (const status of [
    '500 Internal Server Error',
    '502 Bad Gateway',
    '503 Service Unavailable',
    '504 Gateway Timeout',
  ]) {
    test(`a page with status ${status} is a server that is away: the kept page opens`, async ({ network, ana }) => {
      const { page } = ana;
      network.intercept(() => answer(status));
      await page.reload();
      await home(page).waitFor();
      await page.getByText('No connection').waitFor();
    });
  }

  test('a page says so when it is live and its requests alone are answered by the proxy, until they pass again', async ({
    network,
    ana,
  }) => {
    const { page } = ana;
    network.intercept(redirectOut, { keepsOpen: true });
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.getByRole('combobox', { name: 'Search by name' }).fill('ben');
    await page.getByRole('status').getByText('wants you to sign in').waitFor();
    await page.keyboard.press('Escape');
    await told(page).waitFor();
    network.mend();
    await told(page).waitFor({ state: 'detached' });
  });

  test('a proxy that is slower than the kept page is told of by that page', async ({ network, ana }) => {
    const { page } = ana;
    const release = slowly(network, redirectOut());
    await page.reload();
    await home(page).waitFor();
    release();
    await told(page).waitFor();
    await page.getByRole('link', { name: 'Sign in there' }).click();
    await untilAtSignIn(page);
  });

  test('somebody who is not logged in is told so too', async ({ network, ana }) => {
    const { page } = ana;
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    network.intercept(redirectOut);
    await page.getByLabel('Username').fill('ana');
    await page.getByLabel('Password', { exact: true }).fill('a good password');
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await told(page).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.getByRole('link', { name: 'Sign in there' }).click();
    await untilAtSignIn(page);
  });

  test('a page that waits goes on by itself when the person has signed in in another tab', async ({ network, ana }) => {
    const { page, context } = ana;
    network.intercept(redirectOut);
    await told(page).waitFor();
    const other = await context.newPage();
    await other.goto(network.url);
    await untilAtSignIn(other);
    signedIn = () => network.mend();
    await other.goto(`http://127.0.0.1:${company.port}/done`);
    await told(page).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'New conversation' }).waitFor();
  });

  test('the service worker never keeps what a proxy answered', async ({ network, place }) => {
    const { page } = await place.window();
    // Of the same origin, and registers nothing by itself.
    await page.goto(`${network.url}/icon.svg`);
    network.intercept((path) => (path === '/service-worker.js' ? null : answer('200 OK')));
    const state = await page.evaluate(async () => {
      const { installing } = await navigator.serviceWorker.register('/service-worker.js');
      return new Promise((resolve) => {
        installing?.addEventListener('statechange', () => resolve(installing.state));
      });
    });
    expect(state).toBe('redundant');
    const kept = () =>
      page.evaluate(async () =>
        Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).length)),
      );
    await until('nothing to be kept', kept, (counts) => counts.every((count) => count === 0));
  });
});
