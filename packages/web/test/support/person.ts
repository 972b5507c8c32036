import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { openWindow } from './browser.ts';

export const password = 'a good password';

/** A person in a browser of their own, who finds elements by their names. */
export class PersonInBrowser {
  private constructor(
    readonly name: string,
    readonly context: BrowserContext,
    readonly page: Page,
    readonly faults: string[],
  ) {}

  static async signUp(browser: Browser, url: string, name: string, options: BrowserContextOptions = {}) {
    const { context, page, faults } = await openWindow(browser, options);
    return PersonInBrowser.signUpAt(context, page, url, name, faults);
  }

  static async signUpAt(context: BrowserContext, page: Page, url: string, name: string, faults: string[] = []) {
    const person = new PersonInBrowser(name, context, page, faults);
    await page.goto(`${url}/signup`);
    await page.getByLabel('Username').fill(name.toLowerCase());
    await page.getByLabel('Display name').fill(name);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByRole('heading', { name: 'Start a conversation' }).waitFor();
    return person;
  }

  /** A person who is logged in on this page. */
  static loggedIn(name: string, context: BrowserContext, page: Page, faults: string[]): PersonInBrowser {
    return new PersonInBrowser(name, context, page, faults);
  }

  /** The same person at another page of the same browser. */
  at(page: Page): PersonInBrowser {
    return new PersonInBrowser(this.name, this.context, page, this.faults);
  }

  get box(): Locator {
    return this.page.getByRole('textbox', { name: /^Write to/ });
  }

  /** The messages in view that contain this text. */
  message(text: string): Locator {
    return this.page.getByRole('article').filter({ hasText: text });
  }

  async write(text: string): Promise<void> {
    await this.box.fill(text);
    await this.box.press('Enter');
  }

  /** Opens a direct chat by searching for the other person. */
  async openDirect(name: string): Promise<void> {
    await this.page.getByRole('button', { name: 'New conversation' }).click();
    await this.page.getByRole('combobox', { name: 'Search by name' }).fill(name);
    await this.page.getByRole('option', { name: new RegExp(name) }).click();
    await this.box.waitFor();
  }

  /** A conversation of the list. */
  inList(title: string): Locator {
    const called = this.page.locator('.row-title').getByText(title, { exact: true });
    return this.page.getByRole('listitem').filter({ has: called });
  }

  /** Opens a conversation of the list. */
  async open(title: string): Promise<void> {
    await this.inList(title).getByRole('link').click();
    await this.box.waitFor();
  }
}
