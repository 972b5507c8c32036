import type { Page } from 'playwright-core';
import { until } from './until.ts';

interface Passing {
  /** The texts of the messages and notices that a link led to. */
  marked: string[];
  /** The notes above the messages. */
  noted: string[];
}

/**
 * Records what this page, and every page of its context that is opened later, shows for a few seconds only. On a busy
 * machine it may be gone when a test looks for it.
 */
export async function recordPassing(page: Page): Promise<void> {
  await page.context().addInitScript(record);
  await page.evaluate(record);
}

/** Runs in the page. */
function record(): void {
  const passing: Passing = { marked: [], noted: [] };
  Object.assign(globalThis, { passing });
  let before = { mark: '', note: '' };
  const look = () => {
    const marked = document.querySelector('[role=log] [aria-current=location]');
    const mark = (marked?.querySelector('.message-text') ?? marked)?.textContent ?? '';
    const note = document.querySelector('.list-note [role=status]')?.textContent ?? '';
    if (mark !== '' && mark !== before.mark) passing.marked.push(mark);
    if (note !== '' && note !== before.note) passing.noted.push(note);
    before = { mark, note };
  };
  const attributeFilter = ['aria-current'];
  new MutationObserver(look).observe(document, {
    childList: true,
    subtree: true,
    characterData: true,
    attributeFilter,
  });
}

function passingOf(page: Page): Promise<Passing> {
  return page.evaluate(() => (globalThis as unknown as { passing: Passing }).passing);
}

/** The texts of what was marked since the page was opened, once there are so many. */
export async function marksOf(page: Page, count = 1): Promise<string[]> {
  const { marked } = await until(
    `${count} marked entries`,
    () => passingOf(page),
    (passing) => passing.marked.length >= count,
  );
  return marked;
}

/** Resolves when the page has shown this note. */
export async function untilNoted(page: Page, text: string): Promise<void> {
  await until(
    `the note “${text}”`,
    () => passingOf(page),
    ({ noted }) => noted.includes(text),
  );
}
