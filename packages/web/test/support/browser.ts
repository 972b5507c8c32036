import { afterAll, beforeAll, describe } from 'bun:test';
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { ensureBundle } from '../../build/bundle.ts';
import { patienceMs } from './until.ts';

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-smooth-scrolling',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const windowOptions = { viewport: { width: 1440, height: 900 }, locale: 'en-GB', timezoneId: 'UTC' } as const;
/**
 * For tests of what the service worker does: notifications, and loading the page and its parts without a network. Other
 * windows have none, because installing it takes a third of the processor time in which a window opens its first page.
 */
export const withServiceWorker = { serviceWorkers: 'allow' } as const;

/** A Debian package that tests need, and a file that shows whether it is installed. */
export interface Need {
  file: string;
  debianPackage: string;
}

/** The complete browser. */
export const wholeChromium: Need = { file: '/usr/bin/chromium', debianPackage: 'chromium' };
/** The same engine without notifications and settings, at half the processor time. */
const headlessShell: Need = { file: '/usr/bin/chromium-headless-shell', debianPackage: 'chromium-headless-shell' };
export const usualChromium =
  existsSync(headlessShell.file) || !existsSync(wholeChromium.file) ? headlessShell : wholeChromium;

/** A group of tests that need packages. Where one is missing, the group is skipped with the reason in its name. */
export function describeWith(needs: readonly Need[], name: string, tests: () => void): void {
  const missing = needs.filter(({ file }) => !existsSync(file));
  const reason = missing.map(({ file, debianPackage }) => `no ${file}: install Debian's package ${debianPackage}`);
  describe.skipIf(missing.length > 0)(missing.length > 0 ? `${name} (${reason.join('; ')})` : name, () => {
    beforeAll(ensureBundle);
    tests();
  });
}

/** A group of tests in Chromium's headless shell, or in Chromium where the shell is absent. */
export function describeInBrowser(name: string, tests: () => void): void {
  describeWith([usualChromium], name, tests);
}

/** Starts a headless browser: the one of {@link describeInBrowser} unless another is given. */
export function launchBrowser({ file } = usualChromium, moreArgs: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: file, args: [...args, ...moreArgs] });
}

/** Starts Chromium with a profile folder, in which it keeps data and settings. */
export async function launchWithProfile(folder: string): Promise<BrowserContext> {
  const options = { executablePath: wholeChromium.file, args, ...windowOptions };
  const context = await chromium.launchPersistentContext(folder, options);
  context.setDefaultTimeout(patienceMs);
  return context;
}

/** One browser for all tests of a file, started when it is first needed. */
export function browserOfFile(program = usualChromium): () => Promise<Browser> {
  let browser: Promise<Browser> | null = null;
  afterAll(async () => {
    await (await browser)?.close();
  });
  return () => {
    browser ??= launchBrowser(program);
    return browser;
  };
}

/** Opens a window that shares nothing with others, as on another computer. `faults` collects errors of its pages. */
export async function openWindow(browser: Browser, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ ...windowOptions, serviceWorkers: 'block', ...options });
  const faults: string[] = [];
  const watch = (page: Page) => {
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      // A killed server or a cut network is not a fault of the page.
      const isNetwork = /net::ERR_|WebSocket connection/.test(message.text());
      if (message.type() === 'error' && !isNetwork) faults.push(message.text());
    });
  };
  context.on('page', watch);
  // Also for pages that a test opens later.
  context.setDefaultTimeout(patienceMs);
  return { context, page: await context.newPage(), faults };
}

/** Resolves when the service worker has stored the parts of the page, which then need no network. */
export async function untilCached(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
}
