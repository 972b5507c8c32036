import type { Page } from 'playwright-core';

/** More steps than the longest conversation of a test needs. */
const stepsMax = 2_000;

/**
 * All messages of the open conversation, in the order in which they are seen while scrolling from its start to its end.
 * Throws if a row is shown twice at a time, and if the start or the end is never reached.
 */
export async function readAll(page: Page): Promise<string[]> {
  await scrollToStart(page);
  const seen = new Map<string, string>();
  for (let step = 0; step < stepsMax; step++) {
    const { rows, isEnd, stepPx } = await page.getByRole('log').evaluate((list) => ({
      rows: [...list.querySelectorAll<HTMLElement>('article')].map((row) => ({
        key: row.dataset['key'] ?? '',
        text: row.querySelector('.message-text')?.textContent ?? '',
      })),
      isEnd: list.scrollHeight - list.clientHeight - list.scrollTop < 2,
      // Rows that go out of view at the top with one step were in view before it.
      stepPx: list.clientHeight * 0.8,
    }));
    const keys = rows.map(({ key }) => key);
    if (new Set(keys).size !== keys.length) throw new Error(`shown twice: ${keys.join(', ')}`);
    for (const { key, text } of rows) seen.set(key, text);
    if (isEnd && (await page.getByRole('button', { name: /Jump to the latest|new message/ }).count()) === 0) {
      return [...seen.values()];
    }
    await scrollBy(page, stepPx);
  }
  throw new Error(`the end was not reached; the last that showed: ${[...seen.values()].at(-1)}`);
}

export async function scrollToStart(page: Page): Promise<void> {
  const start = page.getByText(/^This is (where|the beginning)/);
  for (let step = 0; step < stepsMax; step++) {
    if ((await isAtTop(page)) && (await start.count()) > 0) return;
    await scrollBy(page, -2_000);
  }
  throw new Error('the start was not reached');
}

function isAtTop(page: Page): Promise<boolean> {
  return page.getByRole('log').evaluate((list) => list.scrollTop < 2);
}

/**
 * Scrolls, and resolves when the browser has rendered the rows: they fill the viewport from top to bottom. On a busy
 * machine some frames are shown without them.
 */
function scrollBy(page: Page, pixels: number): Promise<void> {
  return page.getByRole('log').evaluate(async (list, by) => {
    /** The height of a day's heading and the space around rows. */
    const gapPx = 160;
    const isDrawn = () => {
      const view = list.getBoundingClientRect();
      const rows = [...list.querySelectorAll('article')].map((row) => row.getBoundingClientRect());
      const reachesTop = rows.some(({ top }) => top < view.top + gapPx);
      const reachesBottom = rows.some(({ bottom }) => bottom > view.bottom - gapPx);
      return (reachesTop || list.scrollTop < 2) && (reachesBottom || list.scrollHeight - list.clientHeight < 2);
    };
    list.scrollBy({ top: by, behavior: 'instant' });
    for (let frame = 0; frame < 3 || !isDrawn(); frame++) await new Promise((drawn) => requestAnimationFrame(drawn));
  }, pixels);
}
