// Makes the pictures in docs/pictures. With a folder as argument: every view at each width, theme and direction.
import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { ensureBundle } from '../build/bundle.ts';
import { launchBrowser, openWindow } from '../test/support/browser.ts';
import { firstViews, openStart, Scene, views as usualViews } from '../test/support/views.ts';
import { messageViews } from './message-views.ts';

const docs = fileURLToPath(new URL('../../../docs/pictures', import.meta.url));
const views = { ...usualViews, ...messageViews };
const widths = [390, 768, 1_440];
const looks = [
  { suffix: '', theme: 'light', language: 'en' },
  { suffix: '-dark', theme: 'dark', language: 'en' },
  { suffix: '-arabic', theme: 'light', language: 'ar' },
  { suffix: '-arabic-dark', theme: 'dark', language: 'ar' },
] as const;
/** The views that documents show. */
const documented = new Set([
  'conversation-1440',
  'conversation-1440-dark',
  'conversation-1440-arabic',
  'details-1440',
  'message-menu-768',
  'picker-768-dark',
  'switcher-768',
  'conversation-390',
  'conversations-390-dark',
  'sign-up-390',
  'start-390',
]);

const [given] = process.argv.slice(2);
const folder = given === undefined ? docs : resolve(given);
const isWanted = (name: string) => given !== undefined || documented.has(name);

if (given === undefined) rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
await ensureBundle();
const browser = await launchBrowser();
const scene = await Scene.make();
for (const width of widths) {
  for (const { suffix, theme, language } of looks) {
    const options = { viewport: { width, height: width < 500 ? 844 : 900 }, reducedMotion: 'reduce' } as const;
    const locale = language === 'ar' ? 'ar-EG' : 'en-GB';
    const { page, context } = await openWindow(browser, { ...options, locale, colorScheme: theme });
    for (const [view, path] of Object.entries(firstViews)) {
      const name = `${view}-${width}${suffix}`;
      if (!isWanted(name)) continue;
      await page.goto(scene.server.url + path);
      await page.getByRole('heading').waitFor();
      await picture(page, name);
    }
    const start = `start-${width}${suffix}`;
    if (isWanted(start)) {
      await openStart(page, scene, start);
      await picture(page, start);
    }
    await context.close();
    if (Object.keys(views).some((view) => isWanted(`${view}-${width}${suffix}`))) {
      const inside = await scene.logIn(browser, { ...options, locale }, { theme, language });
      for (const [view, open] of Object.entries(views)) {
        await open(inside, scene);
        const name = `${view}-${width}${suffix}`;
        if (isWanted(name)) await picture(inside, name);
      }
      await inside.context().close();
    }
  }
}
await browser.close();
await scene.server.stop();

async function picture(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${folder}/${name}.png`, animations: 'disabled' });
}
