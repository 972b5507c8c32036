import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type Person, RunningServer } from '../../../server/test/support/running-server.ts';
import { openWindow } from './browser.ts';
import { Demonstration, demonstrationNow } from './demonstration.ts';
import { password } from './person.ts';

type Open = (page: Page, scene: Scene) => Promise<void>;

/** A server with people and conversations, and Ana's account. */
export class Scene {
  private constructor(
    readonly server: RunningServer,
    readonly demonstration: Demonstration,
  ) {}

  static async make(): Promise<Scene> {
    return Scene.at(await RunningServer.start());
  }

  static async at(server: RunningServer): Promise<Scene> {
    const nobody = { token: '' } as Person;
    const ana = await server.call(nobody, 'signup', { username: 'ana', displayName: 'Ana Ferreira', password });
    return new Scene(server, await Demonstration.make(server, ana));
  }

  /** Opens a window in which Ana is logged in and sees her conversations. */
  async logIn(browser: Browser, options: BrowserContextOptions, preferences: object): Promise<Page> {
    const { page, context } = await openWindow(browser, options);
    const text = JSON.stringify({ askedForNotifications: true, ...preferences });
    await context.addInitScript((chosen) => localStorage.setItem('parley-preferences', chosen), text);
    await context.clock.setFixedTime(demonstrationNow);
    // Without focus, messages stay unread for the next window.
    await context.addInitScript(() => {
      document.hasFocus = () => false;
    });
    await page.goto(`${this.server.url}/login`);
    await page.locator('input[name=username]').fill('ana');
    await page.locator('input[name=password]').fill(password);
    await page.locator('button[type=submit]').click();
    await page.locator('.conversation-row').first().waitFor({ state: 'attached' });
    return page;
  }
}

/** Opens each view from any other view of the client, in any language. */
export const views: Readonly<Record<string, Open>> = {
  conversations: async (page, { server }) => {
    await page.goto(server.url);
    await page.locator('.conversation-row').first().waitFor();
  },
  conversation: async (page, scene) => {
    await page.goto(`${scene.server.url}/c/${scene.demonstration.groupId}`);
    await page.getByRole('article').last().waitFor();
  },
  details: async (page) => {
    await page.locator('.view-head button').click();
    await page.locator('.member').first().waitFor();
  },
  'message-menu': async (page, scene) => {
    await page.goto(`${scene.server.url}/c/${scene.demonstration.groupId}`);
    await page.getByRole('article').last().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem').first().waitFor();
  },
  'message-link': async (page, scene) => {
    await page.goto(`${scene.server.url}/c/${scene.demonstration.groupId}/3`);
    // The mark of the message is there for a moment only; the focus stays.
    await page.waitForFunction(() => document.activeElement?.localName === 'article');
  },
  'message-missing': async (page, scene) => {
    await page.goto(`${scene.server.url}/c/${scene.demonstration.groupId}/1000`);
    await page.locator('.list-note button').waitFor();
  },
  'join-offer': async (page, { server, demonstration }) => {
    await page.goto(`${server.url}/c/${demonstration.gardenId}/2`);
    await page.locator('.page .button.primary').waitFor();
  },
  switcher: async (page) => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    await page.getByRole('option').first().waitFor();
  },
  'new-conversation': async (page, { server }) => {
    await page.goto(server.url);
    await page.locator('.sidebar-head button').last().click();
    await page.getByRole('combobox').fill('mi');
    await page.getByRole('option').first().waitFor();
  },
  'new-group': async (page) => {
    await page.getByRole('radio').nth(1).check({ force: true });
    await page.getByRole('combobox').fill('mi');
    await page.getByRole('option').first().click();
    await page.locator('.chip').waitFor();
  },
  'new-channel': async (page) => {
    await page.getByRole('radio').nth(2).check({ force: true });
    await page.locator('input[name=description]').waitFor();
  },
  channels: async (page, { server }) => {
    await page.goto(`${server.url}/channels`);
    await page.locator('.channel-card').first().waitFor();
  },
  settings: async (page, { server }) => {
    await page.goto(`${server.url}/settings`);
    await page.locator('.session').first().waitFor();
  },
};

/** The paths of the views before the log-in. */
export const firstViews: Readonly<Record<string, string>> = { 'sign-up': '/signup', 'log-in': '/login' };

/** Creates an account and waits for its first view, in any language. */
export async function openStart(page: Page, { server }: Scene, username: string): Promise<void> {
  await page.goto(`${server.url}/signup`);
  await page.locator('input[name=username]').fill(username);
  await page.locator('input[name=password]').fill(password);
  await page.locator('button[type=submit]').click();
  await page.locator('.start-action:visible').first().waitFor();
}
