import { expect } from 'bun:test';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describeInBrowser } from './support/browser.ts';
import { testWith } from './support/test-environment.ts';
import { firstViews, openStart, Scene, views } from './support/views.ts';

const themes = ['light', 'dark'] as const;
/** Colours change at once, not by a transition, which axe would look into. */
const reducedMotion = 'reduce';

/** The violations that axe finds, one sentence for each. */
async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      resultTypes: ['violations'],
    }),
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
  );
}

/** Changes the theme of a page that is open, as another tab does by its settings. */
async function setTheme(page: Page, theme: (typeof themes)[number]): Promise<void> {
  await page.evaluate((chosen) => {
    const key = 'parley-preferences';
    localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key) ?? '{}'), theme: chosen }));
    dispatchEvent(new StorageEvent('storage', { key }));
  }, theme);
  await page.waitForFunction((chosen) => document.documentElement.dataset['theme'] === chosen, theme);
}

/** Expects no violations in the colours of either theme, which the page takes from the system. */
async function expectNoViolations(page: Page): Promise<void> {
  for (const colorScheme of themes) {
    await page.emulateMedia({ colorScheme });
    expect([colorScheme, await violations(page)]).toEqual([colorScheme, []]);
  }
}

describeInBrowser('accessibility', () => {
  // Dozens of runs of axe take minutes on a machine whose cores are busy.
  const test = testWith(async ({ server }) => ({ scene: await Scene.at(server) }), { timeoutMs: 300_000 });

  for (const { language, direction } of [
    { language: 'en', direction: 'ltr' },
    { language: 'ar', direction: 'rtl' },
  ]) {
    for (const width of [1_440, 390]) {
      test(`every view complies with WCAG 2.2 AA in both themes at ${width} px, ${direction}`, async (given) => {
        const { scene, environment } = given;
        const options = { viewport: { width, height: 844 }, reducedMotion } as const;
        const page = await scene.logIn(environment.browser, options, { language });
        expect(await page.evaluate(() => document.documentElement.dir)).toBe(direction);
        for (const [name, open] of Object.entries(views)) {
          await open(page, scene);
          for (const theme of themes) {
            await setTheme(page, theme);
            expect([name, theme, await violations(page)]).toEqual([name, theme, []]);
          }
          const beyondPx = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect([name, beyondPx]).toEqual([name, 0]);
        }
      });
    }
  }

  test('the log-in and sign-up views comply with WCAG 2.2 AA', async ({ scene, environment }) => {
    for (const locale of ['en-GB', 'ar-EG']) {
      const { page, context } = await environment.window({ locale, reducedMotion });
      for (const path of Object.values(firstViews)) {
        await page.goto(scene.server.url + path);
        await page.getByRole('heading').waitFor();
        await expectNoViolations(page);
      }
      await context.close();
    }
  });

  test('the view of a new account complies with WCAG 2.2 AA', async ({ scene, environment }) => {
    for (const [name, width] of [
      ['Wide', 1_440],
      ['Phone', 390],
    ] as const) {
      for (const locale of ['en-GB', 'ar-EG']) {
        const viewport = { width, height: 844 };
        const { page, context } = await environment.window({ viewport, locale, reducedMotion });
        await openStart(page, scene, `${name}-${locale}`.toLowerCase());
        await expectNoViolations(page);
        await context.close();
      }
    }
  });

  test('a conversation is started, written in and left by keyboard alone', async ({ environment }) => {
    const ana = await environment.signUp('Kim');
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

  test('no view scrolls sideways at 200 % zoom', async ({ scene, environment }) => {
    // Zooming to 200 % gives a page half the size at twice the pixel ratio.
    const options = { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 };
    const page = await scene.logIn(environment.browser, options, {});
    for (const open of Object.values(views)) {
      await open(page, scene);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
    }
  });
});
