import type { Page } from 'playwright-core';
import type { Scene } from '../test/support/views.ts';

/** What one does with a message, in any language. */
export const messageViews: Readonly<Record<string, (page: Page, scene: Scene) => Promise<void>>> = {
  picker: async (page, scene) => {
    await openLast(page, scene);
    await page.locator('.reaction').last().click();
    await page.locator('.emoji-cell').first().waitFor();
  },
  'who-reacted': async (page, scene) => {
    await openLast(page, scene);
    await page.keyboard.press('Enter');
    await page.locator('.menu-item:has(.lucide-users)').click();
    await page.locator('.dialog .member').first().waitFor();
  },
  editing: async (page, scene) => {
    await openLast(page, scene);
    await page.locator('.composer textarea').press('ArrowUp');
    await page.locator('p.composer-head').waitFor();
  },
  'delete-dialog': async (page, scene) => {
    await openLast(page, scene);
    const own = page.locator('.message-mine .message-text').last();
    await own.click({ button: 'right' });
    await page.locator('.menu-item.danger').click();
    await page.locator('.dialog .danger').waitFor();
  },
  // The last one, because its draft is in all views that follow.
  reply: async (page, scene) => {
    await openLast(page, scene);
    await page.keyboard.press('Shift+Enter');
    await page.locator('.composer-reply').waitFor();
    await page.locator('.composer textarea').fill('Then I bring the rolls. See you **at seven**!');
  },
};

/** Opens the group and focuses its last message. */
async function openLast(page: Page, { server, demonstration }: Scene): Promise<void> {
  await page.goto(`${server.url}/c/${demonstration.groupId}`);
  const last = page.getByRole('article').last();
  await last.locator('.reaction').first().waitFor();
  await last.focus();
}
