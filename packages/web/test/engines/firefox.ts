import type { BrowserContext, Page } from 'puppeteer-core';
import { launch } from 'puppeteer-core';
import type { DrivenPage, Engine } from './driven-page.ts';

const executablePath = '/usr/bin/firefox-esr';

export const firefox: Engine = {
  name: 'Firefox',
  needs: [{ file: executablePath, debianPackage: 'firefox-esr' }],
  async start() {
    const browser = await launch({ browser: 'firefox', executablePath, headless: true });
    return {
      async browser() {
        const context = await browser.createBrowserContext();
        return new FirefoxPage(context, await context.newPage());
      },
      stop: () => browser.close(),
    };
  },
};

class FirefoxPage implements DrivenPage {
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

  async click(selector: string): Promise<void> {
    await this.page.bringToFront();
    await this.page.click(selector);
  }

  async type(text: string): Promise<void> {
    await this.page.bringToFront();
    await this.page.keyboard.type(text);
  }

  async press(key: 'Enter' | 'Escape'): Promise<void> {
    await this.page.bringToFront();
    await this.page.keyboard.press(key);
  }

  run<Given, Answer>(run: (given: Given) => Answer, given: Given): Promise<Awaited<Answer>> {
    return this.page.evaluate(run as never, given as never) as Promise<Awaited<Answer>>;
  }

  async another(): Promise<DrivenPage> {
    return new FirefoxPage(this.context, await this.context.newPage());
  }

  close(): Promise<void> {
    return this.context.close();
  }
}
