import type { BrowserContext, Page } from 'playwright-core';
import { launchBrowser, openWindow, usualChromium, withServiceWorker } from '../support/browser.ts';
import type { DrivenPage, Engine } from './driven-page.ts';

export const chromium: Engine = {
  name: 'Chromium',
  needs: [usualChromium],
  async start() {
    const browser = await launchBrowser();
    return {
      async browser() {
        const { context, page } = await openWindow(browser, withServiceWorker);
        return new ChromiumPage(context, page);
      },
      stop: () => browser.close(),
    };
  },
};

class ChromiumPage implements DrivenPage {
  constructor(
    private readonly context: BrowserContext,
    private readonly page: Page,
  ) {}

  async open(url: string): Promise<void> {
    await this.page.goto(url);
  }

  async reload(): Promise<void> {
    await this.page.reload();
  }

  click(selector: string): Promise<void> {
    return this.page.click(selector);
  }

  type(text: string): Promise<void> {
    return this.page.keyboard.type(text);
  }

  press(key: string): Promise<void> {
    return this.page.keyboard.press(key);
  }

  run<Given, Answer>(run: (given: Given) => Answer, given: Given): Promise<Awaited<Answer>> {
    return this.page.evaluate(run as never, given as never) as Promise<Awaited<Answer>>;
  }

  async another(): Promise<DrivenPage> {
    return new ChromiumPage(this.context, await this.context.newPage());
  }

  close(): Promise<void> {
    return this.context.close();
  }
}
