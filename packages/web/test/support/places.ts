import type { Locator, Page } from 'playwright-core';
import type { PersonInBrowser } from './person.ts';
import { until } from './until.ts';

/** The message or notice that a link has just led to. */
export function marked(page: Page): Locator {
  return page.getByRole('log').locator('[aria-current=location]');
}

/** Resolves when the element is inside the viewport of the open conversation, completely. */
export async function untilInView(what: string, element: Locator): Promise<void> {
  await until(
    `${what} to be in view`,
    () =>
      element.first().evaluate((row) => {
        const view = row.closest('[role=log]')?.getBoundingClientRect();
        const { top, bottom } = row.getBoundingClientRect();
        return view !== undefined && top >= view.top - 1 && bottom <= view.bottom + 1;
      }),
    (isInView) => isInView,
  );
}

/** Resolves when the element has the focus. */
export async function untilFocused(what: string, element: Locator): Promise<void> {
  await until(
    `${what} to have the focus`,
    () => element.first().evaluate((one) => one === document.activeElement),
    (isFocused) => isFocused,
  );
}

/** Moves the focus from the box to the last message, which is in view, by the Tab key. */
export async function focusLastMessage({ page, box }: PersonInBrowser, message: Locator): Promise<void> {
  // Until it is visible, it can't have the focus.
  await message.first().waitFor();
  await until(
    'the last message to be reached by the Tab key',
    () => message.first().getAttribute('tabindex'),
    (index) => index === '0',
  );
  await box.focus();
  for (let presses = 0; presses < 10; presses++) {
    await page.keyboard.press('Shift+Tab');
    if (await page.evaluate(() => document.activeElement?.localName === 'article')) break;
  }
  await untilFocused('the last message', message);
}

export function clipboardText(page: Page): Promise<string> {
  return page.evaluate(() => navigator.clipboard.readText());
}
