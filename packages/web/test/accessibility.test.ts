import { describe, expect } from 'bun:test';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describeInBrowser } from './support/browser.ts';
import { testWith } from './support/place.ts';
import { firstViews, openStart, Scene, views } from './support/views.ts';

/** The violations that axe finds, one sentence for each. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
  );
}

describeInBrowser('accessibility', () => {
  const test = testWith(async ({ server }) => ({ scene: await Scene.at(server) }));

  describe.each([
    { theme: 'light', language: 'en' },
    { theme: 'dark', language: 'en' },
    { theme: 'light', language: 'ar' },
    { theme: 'dark', language: 'ar' },
  ])('$theme, $language', (preferences) => {
    for (const width of [1_440, 390]) {
      test(`every view complies with WCAG 2.2 AA at ${width} px`, async ({ scene, place }) => {
        const options = { viewport: { width, height: 844 }, reducedMotion: 'reduce' } as const;
        const page = await scene.logIn(place.browser, options, preferences);
        const direction = preferences.language === 'ar' ? 'rtl' : 'ltr';
        expect(await page.evaluate(() => document.documentElement.dir)).toBe(direction);
        for (const [name, open] of Object.entries(views)) {
          await open(page, scene);
          expect([name, await violations(page)]).toEqual([name, []]);
          const beyondPx = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect([name, beyondPx]).toEqual([name, 0]);
        }
      });
    }
  });

  test('the log-in and sign-up views comply with WCAG 2.2 AA', async ({ scene, place }) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const locale of ['en-GB', 'ar-EG']) {
        const { page, context } = await place.window({ colorScheme, locale });
        for (const path of Object.values(firstViews)) {
          await page.goto(scene.server.url + path);
          await page.getByRole('heading').waitFor();
          expect(await violations(page)).toEqual([]);
        }
        await context.close();
      }
    }
  });

  test('the view of a new account complies with WCAG 2.2 AA', async ({ scene, place }) => {
    for (const [name, width] of [
      ['Wide', 1_440],
      ['Phone', 390],
    ] as const) {
      for (const locale of ['en-GB', 'ar-EG']) {
        for (const colorScheme of ['light', 'dark'] as const) {
          const { page, context } = await place.window({
            viewport: { width, height: 844 },
            ...{ colorScheme, locale },
          });
          await openStart(page, scene, `${name}-${locale}-${colorScheme}`.toLowerCase());
          expect(await violations(page)).toEqual([]);
          await context.close();
        }
      }
    }
  });

  test('a conversation is started, written in and left by keyboard alone', async ({ place }) => {
    const ana = await place.signUp('Kim');
    const { page } = ana;
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    await page.keyboard.type('jonas');
    await page.getByRole('option', { name: /Jonas/ }).waitFor();
    await page.keyboard.press('Enter');
    await ana.box.waitFor();
    await page.keyboard.type('By keys alone');
    await page.keyboard.press('Enter');
    await ana.message('By keys alone').waitFor();
    await page.keyboard.press('ArrowUp');
    await page.locator('article:focus').waitFor();
    await page.keyboard.press('Escape');
    expect(await ana.box.evaluate((box) => box === document.activeElement)).toBe(true);
  });

  test('no view scrolls sideways at 200 % zoom', async ({ scene, place }) => {
    // Zooming to 200 % gives a page half the size at twice the pixel ratio.
    const options = { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 };
    const page = await scene.logIn(place.browser, options, {});
    for (const open of Object.values(views)) {
      await open(page, scene);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    }
  });
});
