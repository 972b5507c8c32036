import type { Page } from 'playwright-core';
import { until } from './until.ts';

/**
 * Resolves when a part of the browser's database has a text, which is still there after a reload. A conversation, with
 * its last message, is stored after its entries.
 */
export async function untilStored(page: Page, part: 'conversations' | 'amendments', text: string): Promise<void> {
  await until(
    `“${text}” to be stored`,
    () => page.evaluate(storedIn, part),
    (stored) => stored.includes(text),
  );
}

/** Resolves when the browser's database has no conversation. */
export async function untilNoConversation(page: Page): Promise<void> {
  await until(
    'no conversation to be stored',
    () => page.evaluate(storedIn, 'conversations'),
    (stored) => stored === '[]',
  );
}

/** What a part of the database contains. Runs in the page. */
async function storedIn(part: string): Promise<string> {
  const request = <Value>(asked: IDBRequest<Value>) =>
    new Promise<Value>((resolve, reject) => {
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  const database = await request(indexedDB.open('parley'));
  const stored = await request(database.transaction(part).objectStore(part).getAll());
  database.close();
  return JSON.stringify(stored);
}
