import type { Page } from 'playwright-core';
import { until } from './until.ts';

/**
 * Shows the end of the open conversation. How many messages a page had received when it opened, and has read since,
 * decides whether it is there already or has a button that leads there.
 *
 * @param isEnd whether these are the texts of the last messages; a page has those near its viewport.
 */
export async function showLatest(page: Page, isEnd: (texts: readonly string[]) => boolean): Promise<void> {
  await until(
    'the end of the conversation',
    () => page.evaluate(goToLatest),
    ({ wasAway, texts }) => !wasAway && isEnd(texts),
  );
}

/** Presses the button that leads to the end, if there is one. Runs in the page. */
function goToLatest(): { wasAway: boolean; texts: string[] } {
  const texts = [...document.querySelectorAll('article .message-text')].map(({ textContent }) => textContent);
  const button = document.querySelector<HTMLElement>('.to-latest');
  const shown = texts.join();
  // Once for what is shown: the end may be loading.
  if (button && button.dataset['pressedFor'] !== shown) {
    button.dataset['pressedFor'] = shown;
    button.click();
  }
  return { wasAway: button !== null, texts };
}
