import { expect } from 'bun:test';
import axe from 'axe-core';
import type { Page } from 'playwright-core';

export const themes = ['light', 'dark'] as const;
type Theme = (typeof themes)[number];

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The violations that axe finds by all rules or by those about colours, one sentence for each. */
async function violations(page: Page, rules: 'all' | 'colours'): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(
    ([which, wanted]) => {
      const { axe: loaded } = globalThis as unknown as { axe: typeof axe };
      const ofColours = loaded
        .getRules(wanted)
        .filter((rule) => rule.tags.includes('cat.color'))
        .map(({ ruleId }) => ruleId);
      return loaded.run(document, {
        runOnly: which === 'all' ? { type: 'tag', values: wanted } : { type: 'rule', values: ofColours },
        resultTypes: ['violations'],
      });
    },
    [rules, tags] as const,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
  );
}

/** Changes the theme of a page that is open, as another tab does by its settings. */
export async function setTheme(page: Page, theme: Theme): Promise<void> {
  await page.evaluate((chosen) => {
    const key = 'parley-preferences';
    localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key) ?? '{}'), theme: chosen }));
    dispatchEvent(new StorageEvent('storage', { key }));
  }, theme);
  await page.waitForFunction((chosen) => document.documentElement.dataset['theme'] === chosen, theme);
}

/**
 * Expects that axe finds no violations in either theme. If the second theme shows the same elements in the same places,
 * only the rules about colours can have another result in it, so the others are not run again.
 */
export async function expectNoViolations(
  page: Page,
  name = page.url(),
  showIn: (page: Page, theme: Theme) => Promise<void> = preferTheme,
): Promise<void> {
  const [first, second] = themes;
  await showIn(page, first);
  expect([name, first, await violations(page, 'all')]).toEqual([name, first, []]);
  const shown = await page.evaluate(elements);
  await showIn(page, second);
  const isSame = Bun.deepEquals(await page.evaluate(elements), shown);
  expect([name, second, await violations(page, isSame ? 'colours' : 'all')]).toEqual([name, second, []]);
}

/** Makes the page take a theme from the system. */
function preferTheme(page: Page, colorScheme: Theme): Promise<void> {
  return page.emulateMedia({ colorScheme });
}

/** Each element of the page with its attributes, its own text and its place. Runs in the page. */
function elements(): string[] {
  return [...document.body.querySelectorAll('*')].map((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    const texts = [...element.childNodes].flatMap((node) => (node instanceof Text ? [node.data] : []));
    return `${(element.cloneNode(false) as Element).outerHTML} “${texts.join('|')}” ${[x, y, width, height]}`;
  });
}
