import type { Page } from 'playwright-core';

/**
 * Every message of the open conversation that a person would see who scrolls from its start to its end, in that order.
 * Throws when a row shows twice at once.
 */
export async function readAll(page: Page): Promise<string[]> {
  await scrollToStart(page);
  const seen = new Map<string, string>();
  while (true) {
    const { rows, isEnd } = await page.getByRole('log').evaluate((list) => ({
      rows: [...list.querySelectorAll<HTMLElement>('article')].map((row) => ({
        key: row.dataset['key'] ?? '',
        text: row.querySelector('.message-text')?.textContent ?? '',
      })),
      isEnd: list.scrollHeight - list.clientHeight - list.scrollTop < 2,
    }));
    const keys = rows.map(({ key }) => key);
    if (new Set(keys).size !== keys.length) throw new Error(`shown twice: ${keys.join(', ')}`);
    for (const { key, text } of rows) seen.set(key, text);
    const isLatest = (await page.getByRole('button', { name: /Jump to the latest|new message/ }).count()) === 0;
    if (isEnd && isLatest) return [...seen.values()];
    await scrollBy(page, 400);
  }
}

export async function scrollToStart(page: Page): Promise<void> {
  const start = page.getByText(/^This is where/);
  while ((await start.count()) === 0 || !(await isAtTop(page))) await scrollBy(page, -2_000);
}

function isAtTop(page: Page): Promise<boolean> {
  return page.getByRole('log').evaluate((list) => list.scrollTop < 2);
}

/** Resolves when the browser has drawn what scrolling brought. */
function scrollBy(page: Page, pixels: number): Promise<void> {
  return page.getByRole('log').evaluate(async (list, by) => {
    list.scrollBy({ top: by, behavior: 'instant' });
    for (let frame = 0; frame < 3; frame++) await new Promise((drawn) => requestAnimationFrame(drawn));
  }, pixels);
}
