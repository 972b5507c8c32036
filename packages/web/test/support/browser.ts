import { afterAll, beforeAll, describe } from 'bun:test';
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { ensureBundle } from '../../build/bundle.ts';
import { patienceMs } from './until.ts';

const executablePath = '/usr/bin/chromium';
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const windowOptions = { viewport: { width: 1440, height: 900 }, locale: 'en-GB', timezoneId: 'UTC' } as const;

const isThere = existsSync(executablePath);

/** A group of tests in a real Chromium; skipped, with the reason in its name, where there is none. */
export function describeInBrowser(name: string, tests: () => void): void {
  describe.skipIf(!isThere)(
    isThere ? name : `${name} (no ${executablePath}: install Debian's package chromium)`,
    () => {
      beforeAll(ensureBundle);
      tests();
    },
  );
}

/** A Chromium without a window. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args });
}

/** A Chromium that keeps what it stores in a folder, as one that is closed and started again does. */
export function launchWithProfile(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, { executablePath, args, ...windowOptions });
}

/** One Chromium for all tests of a file, started when it is first needed. */
export function browserOfFile(): () => Promise<Browser> {
  let browser: Promise<Browser> | null = null;
  afterAll(async () => {
    await (await browser)?.close();
  });
  return () => {
    browser ??= launchBrowser();
    return browser;
  };
}

/** A window of its own, as on another computer. What goes wrong on its page is in `faults`. */
export async function openWindow(browser: Browser, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ ...windowOptions, ...options });
  const faults: string[] = [];
  const watch = (page: Page) => {
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      // A server that was killed, or a network that was cut, is no fault of the page.
      const isNetwork = /net::ERR_|WebSocket connection/.test(message.text());
      if (message.type() === 'error' && !isNetwork) faults.push(message.text());
    });
  };
  context.on('page', watch);
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  return { context, page, faults };
}
