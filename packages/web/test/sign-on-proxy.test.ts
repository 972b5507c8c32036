import { afterAll, beforeAll, expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { describeInBrowser, withServiceWorker } from './support/browser.ts';
import type { Network } from './support/network.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

const signIn = 'Sign in at the company';
const signInPage = `<!doctype html><title>Company</title><h1>${signIn}</h1>`;

/** A complete HTTP response. */
function answer(status: string, content = signInPage, headers = 'content-type: text/html'): string {
  const length = Buffer.byteLength(content);
  return `HTTP/1.1 ${status}\r\n${headers}\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${content}`;
}

/** The server of the sign-in page, at another origin. */
let company: Bun.Server<undefined>;
/** Called when the person has signed in. */
let signedIn: () => void = () => undefined;

const redirectOut = () => answer('302 Found', '', `location: http://127.0.0.1:${company.port}/`);

/** Responses of proxies and networks in place of the server, by path. */
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

/** Ana, whose browser has cached the page, behind a network in which a proxy can answer. */
async function setUp(environment: TestEnvironment) {
  const network = environment.network();
  // The first account must be created on the server's machine.
  await environment.server.person('root');
  const ben = await environment.server.person('ben');
  const ana = await environment.signUp('Ana', network.url);
  return { network, ana, ben };
}

async function untilAtSignIn(page: Page): Promise<void> {
  await page.getByRole('heading', { name: signIn }).waitFor();
}

/** Opens the address again while the cached page is shown, which happens when the answer takes more than 300 ms. */
async function openUntilAtSignIn(page: Page, address: string): Promise<void> {
  const heading = page.getByRole('heading', { name: signIn });
  const cachedPage = page.getByRole('navigation', { name: 'Conversations' });
  for (let attempt = 0; attempt < 20; attempt++) {
    await page.goto(address);
    await heading.or(cachedPage).waitFor();
    if (await heading.isVisible()) return;
  }
  throw new Error(`20 attempts to open ${address} showed the cached page instead of the sign-in page`);
}

const signInBar = (page: Page) => page.locator('.connection-bar').filter({ hasText: 'requires you to sign in' });

const home = (page: Page) => page.getByRole('heading', { name: 'Start a conversation' });

/** Makes a proxy answer only after `release` is called. */
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

describeInBrowser('behind a proxy that requires signing in', () => {
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
    test(`${what} is shown when the page is opened, and the page is shown after signing in`, async ({
      network,
      ana,
    }) => {
      const { page } = ana;
      network.intercept(intercept);
      await openUntilAtSignIn(page, `${network.url}/settings`);
      network.mend();
      await page.goto(`${network.url}/settings`);
      await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    });
  }

  for (const what of ['a redirect to another origin', 'a page with status 401', 'a page with status 200']) {
    test(`an open page that gets ${what} links to the sign-in page`, async ({ network, ana, ben, environment }) => {
      const { page } = ana;
      await ana.openDirect('ben');
      const address = page.url();
      network.intercept(interceptions[what] ?? redirectOut);
      await signInBar(page).waitFor();
      await ana.write('written meanwhile');
      await page.getByRole('link', { name: 'Sign in there' }).click();
      await untilAtSignIn(page);
      network.mend();
      await page.goto(`${address}?sign-in`);
      await ana.message('written meanwhile').getByRole('img', { name: 'Sent' }).waitFor();
      expect(page.url()).toBe(address);
      const { conversations } = await environment.server.call(ben, 'getHomepage', {});
      expect(conversations.map(({ lastMessage }) => lastMessage?.text)).toEqual(['written meanwhile']);
    });
  }

  for (const status of [
    '500 Internal Server Error',
    '502 Bad Gateway',
    '503 Service Unavailable',
    '504 Gateway Timeout',
  ]) {
    test(`a page with status ${status} counts as a server that is down: the cached page is shown`, async ({
      network,
      ana,
    }) => {
      const { page } = ana;
      network.intercept(() => answer(status));
      await page.reload();
      await home(page).waitFor();
      await page.getByText('No connection').waitFor();
    });
  }

  test('a live page says so while the proxy answers its requests', async ({ network, ana }) => {
    const { page } = ana;
    network.intercept(redirectOut, { keepsOpen: true });
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.getByRole('combobox', { name: 'Search by name' }).fill('ben');
    await page.getByRole('status').getByText('requires you to sign in').waitFor();
    await page.keyboard.press('Escape');
    await signInBar(page).waitFor();
    network.mend();
    await signInBar(page).waitFor({ state: 'detached' });
  });

  test('the cached page, shown because a proxy is slow, links to the sign-in page', async ({ network, ana }) => {
    const { page } = ana;
    const release = slowly(network, redirectOut());
    await page.reload();
    await home(page).waitFor();
    release();
    await signInBar(page).waitFor();
    await page.getByRole('link', { name: 'Sign in there' }).click();
    await untilAtSignIn(page);
  });

  test('the log-in page links to the sign-in page too', async ({ network, ana }) => {
    const { page } = ana;
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    network.intercept(redirectOut);
    await page.getByLabel('Username').fill('ana');
    await page.getByLabel('Password', { exact: true }).fill('a good password');
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await signInBar(page).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.getByRole('link', { name: 'Sign in there' }).click();
    await untilAtSignIn(page);
  });

  test('a waiting page recovers when the person has signed in in another tab', async ({ network, ana }) => {
    const { page, context } = ana;
    network.intercept(redirectOut);
    await signInBar(page).waitFor();
    const other = await context.newPage();
    await openUntilAtSignIn(other, network.url);
    signedIn = () => network.mend();
    await other.goto(`http://127.0.0.1:${company.port}/done`);
    await signInBar(page).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'New conversation' }).waitFor();
  });

  test('the service worker never caches a response of a proxy', async ({ network, environment }) => {
    const { page } = await environment.window(withServiceWorker);
    // A page of the same origin that does not register the service worker itself.
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
    await until('the caches to be empty', kept, (counts) => counts.every((count) => count === 0));
  });
});
