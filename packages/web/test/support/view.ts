import type { Page } from 'playwright-core';

interface Moved {
  loads: number;
  jumpsPx: number[];
}

/** Scrolls to the start, step by step, and measures how far what is in view moves when rows come in above it. Runs in the page. */
export async function scrollUpWatching(): Promise<Moved> {
  const list = document.querySelector('[role=log]');
  if (!list) throw new Error('no conversation is open');
  const drawn = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const rows = () => [...list.querySelectorAll<HTMLElement>('article')];
  const middle = () => rows().find((row) => row.getBoundingClientRect().top > innerHeight / 2);
  const moved: Moved = { loads: 0, jumpsPx: [] };
  let { scrollHeight } = list;
  while (list.scrollTop > 0) {
    list.scrollBy({ top: -600, behavior: 'instant' });
    for (let frame = 0; frame < 3; frame++) await drawn();
    const anchor = middle();
    const before = anchor?.getBoundingClientRect().top ?? 0;
    for (let frame = 0; frame < 6; frame++) {
      await drawn();
      if (anchor?.isConnected) moved.jumpsPx.push(Math.abs(anchor.getBoundingClientRect().top - before));
    }
    if (list.scrollHeight > scrollHeight + 2_000) moved.loads++;
    ({ scrollHeight } = list);
  }
  return moved;
}

/** The messages of the open conversation that show, from top to bottom. */
function inView(page: Page): Promise<{ text: string; top: number }[]> {
  return page.getByRole('log').evaluate((list) => {
    const view = list.getBoundingClientRect();
    return [...list.querySelectorAll('article')].flatMap((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      const text = row.querySelector('.message-text')?.textContent ?? '';
      return bottom > view.top && top < view.bottom ? [{ text, top }] : [];
    });
  });
}

export async function firstInView(page: Page): Promise<{ text: string; top: number } | undefined> {
  return (await inView(page))[0];
}

export async function lastInView(page: Page): Promise<string> {
  return (await inView(page)).at(-1)?.text ?? '';
}
