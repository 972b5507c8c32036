import type { Page } from 'playwright-core';

interface Moved {
  loads: number;
  jumpsPx: number[];
}

/**
 * Scrolls up step by step until the list shows the text that marks its start, and measures how far rows in view move
 * when rows are added above them. Runs in the page.
 */
export async function scrollUpWatching(startText: string): Promise<Moved> {
  const list = document.querySelector('[role=log]');
  if (!list) throw new Error('no conversation is open');
  const drawn = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const rows = () => [...list.querySelectorAll<HTMLElement>('article')];
  const middle = () => rows().find((row) => row.getBoundingClientRect().top > innerHeight / 2);
  const moved: Moved = { loads: 0, jumpsPx: [] };
  let { scrollHeight } = list;
  // At the top of the loaded part, older messages may still be loading.
  for (let steps = 0; list.scrollTop > 0 || !list.textContent.includes(startText); steps++) {
    if (steps === 5_000) throw new Error(`5,000 steps up did not reach “${startText}”`);
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

type ScrollingUp = { scrollingUp: Promise<number> };

/**
 * Scrolls up as soon as a message with this text is rendered, or at once if it is already. Call
 * {@link movedAfterScrollingUp} for the result. Runs in the page.
 */
export function scrollUpWhenShown({ text, pixels }: { text: string; pixels: number }): void {
  const list = document.querySelector('[role=log]');
  if (!list) throw new Error('no conversation is open');
  const texts = () => [...list.querySelectorAll('.message-text')].map((one) => one.textContent);
  const drawn = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const shown = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no message “${text}” was shown; there were: ${texts()}`)), 60_000);
    const look = () => {
      if (!texts().includes(text)) return;
      observer.disconnect();
      clearTimeout(timer);
      resolve();
    };
    const observer = new MutationObserver(look);
    observer.observe(list, { childList: true, subtree: true, characterData: true });
    look();
  });
  const settledFrames = 30;
  const scrollingUp = shown.then(async () => {
    const viewTop = list.getBoundingClientRect().top;
    // The row at the top of the viewport is near its bottom afterwards.
    const anchor = [...list.querySelectorAll('article')].find((row) => row.getBoundingClientRect().top >= viewTop);
    if (!anchor) throw new Error('no message is in view');
    const wanted = anchor.getBoundingClientRect().top + pixels;
    list.scrollTop -= pixels;
    for (let frame = 0; frame < settledFrames; frame++) await drawn();
    return anchor.isConnected ? anchor.getBoundingClientRect().top - wanted : Number.NEGATIVE_INFINITY;
  });
  Object.assign(globalThis, { scrollingUp } satisfies ScrollingUp);
}

/** How many pixels the rows in view have moved since {@link scrollUpWhenShown} scrolled. Runs in the page. */
export function movedAfterScrollingUp(): Promise<number> {
  return (globalThis as unknown as ScrollingUp).scrollingUp;
}

/** Turns the mouse wheel over the open conversation. Resolves when the rows in view no longer move. */
export async function turnWheel(page: Page, pixels: number): Promise<void> {
  const list = page.getByRole('log');
  await list.hover();
  await list.evaluate((element) => {
    const scrollEnd = new Promise((resolve) => element.addEventListener('scrollend', resolve, { once: true }));
    Object.assign(globalThis, { scrollEnd });
  });
  await page.mouse.wheel(0, pixels);
  await list.evaluate(() => (globalThis as unknown as { scrollEnd: Promise<void> }).scrollEnd);
  await untilAtRest(page);
}

/** Resolves when the rows in view of the open conversation no longer move. */
export async function untilAtRest(page: Page): Promise<void> {
  await page.getByRole('log').evaluate(async (element) => {
    const restFrames = 30;
    // Older rows are rendered, measured and positioned after the scrolling.
    const state = () => `${element.scrollTop} ${element.querySelector('article')?.getBoundingClientRect().top}`;
    for (let frames = 0, before = ''; frames < restFrames; frames++) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      if (state() !== before) frames = 0;
      before = state();
    }
  });
}

/** The messages in view of the open conversation, from top to bottom. */
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
