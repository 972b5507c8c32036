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

/** Something that has to be installed, by a file that shows whether it is. */
export interface Need {
  file: string;
  debianPackage: string;
}

/** The whole browser. */
export const wholeChromium: Need = { file: '/usr/bin/chromium', debianPackage: 'chromium' };
/** The same engine with nothing but pages: no notifications, no settings, and half the processor time. */
const headlessShell: Need = { file: '/usr/bin/chromium-headless-shell', debianPackage: 'chromium-headless-shell' };
const preferred = existsSync(headlessShell.file) || !existsSync(wholeChromium.file) ? headlessShell : wholeChromium;

/** A group of tests that need something installed; skipped, with the reason in its name, where it is not. */
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
  describeWith([preferred], name, tests);
}

/** A browser without a window: that of {@link describeInBrowser} unless another is named. */
export function launchBrowser({ file } = preferred, moreArgs: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: file, args: [...args, ...moreArgs] });
}

/** A whole Chromium with its profile in a folder: what it stores, and its settings. */
export async function launchWithProfile(folder: string): Promise<BrowserContext> {
  const options = { executablePath: wholeChromium.file, args, ...windowOptions };
  const context = await chromium.launchPersistentContext(folder, options);
  context.setDefaultTimeout(patienceMs);
  return context;
}

/** One browser for all tests of a file, started when it is first needed. */
export function browserOfFile(program = preferred): () => Promise<Browser> {
  let browser: Promise<Browser> | null = null;
  afterAll(async () => {
    await (await browser)?.close();
  });
  return () => {
    browser ??= launchBrowser(program);
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
