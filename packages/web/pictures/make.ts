// Makes docs/pictures: each view at three widths, and some in dark and from right to left.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { ensureBundle } from '../build/bundle.ts';
import { launchBrowser, openWindow } from '../test/support/browser.ts';
import { firstViews, Scene, views } from '../test/support/views.ts';

const folder = fileURLToPath(new URL('../../../docs/pictures/', import.meta.url));
const widths = [390, 768, 1_440];
const others = [
  { suffix: '-dark', preferences: { theme: 'dark', language: 'en' } },
  { suffix: '-arabic', preferences: { theme: 'light', language: 'ar' } },
];

mkdirSync(folder, { recursive: true });
await ensureBundle();
const browser = await launchBrowser();
const scene = await Scene.make(browser);
for (const width of widths) {
  await pictures(width, '', { theme: 'light', language: 'en' });
  for (const { suffix, preferences } of others)
    await pictures(width, suffix, preferences, ['conversation', 'settings']);
  const { page, context } = await openWindow(browser, sizeOf(width));
  for (const [name, path] of Object.entries(firstViews)) {
    await page.goto(scene.server.url + path);
    await page.getByRole('heading').waitFor();
    await picture(page, `${name}-${width}`);
  }
  await context.close();
}
await browser.close();
await scene.server.stop();

async function pictures(width: number, suffix: string, preferences: object, names = Object.keys(views)): Promise<void> {
  const page = await scene.logIn(browser, sizeOf(width), preferences);
  for (const [name, open] of Object.entries(views)) {
    await open(page, scene);
    if (names.includes(name)) await picture(page, `${name}-${width}${suffix}`);
  }
  await page.context().close();
}

function sizeOf(width: number) {
  return { viewport: { width, height: width < 500 ? 844 : 900 }, reducedMotion: 'reduce' } as const;
}

async function picture(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${folder}${name}.png`, animations: 'disabled' });
}
