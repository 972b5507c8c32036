import { password } from '../support/person.ts';
import { until } from '../support/until.ts';
import type { DrivenPage } from './driven-page.ts';

type Kind = 'button' | 'link' | 'field' | 'option' | 'menuitem';
interface Wanted {
  kind: Kind;
  name: string;
}

const shownCharactersMax = 1_500;
const marked = '[data-walked-to]';

/** A person at a page of any engine, who finds elements by their names. */
export class Walker {
  constructor(
    readonly name: string,
    readonly page: DrivenPage,
  ) {}

  async signUp(url: string): Promise<void> {
    await this.page.open(`${url}/signup`);
    await this.fill('Username', this.name.toLowerCase());
    await this.fill('Display name', this.name);
    await this.fill('Password', password);
    await this.click('button', 'Sign up');
    await this.shows('Start a conversation');
  }

  async openDirect(name: string): Promise<void> {
    await this.click('button', 'New conversation');
    await this.fill('Search by name', name.toLowerCase());
    await this.click('option', name);
    await this.find({ kind: 'field', name: 'Write to' });
  }

  async write(text: string): Promise<void> {
    await this.fill('Write to', text);
    await this.page.press('Enter');
  }

  async click(kind: Kind, name: string): Promise<void> {
    await this.find({ kind, name });
    await this.page.click(marked);
  }

  /** Types into a field, after its text. */
  async fill(name: string, text: string): Promise<void> {
    await this.click('field', name);
    await this.page.type(text);
  }

  /** Opens the menu of a message by keyboard, and chooses an action. */
  async choose(text: string, action: string): Promise<void> {
    await until(
      `${this.name}’s page to focus the message “${text}”`,
      () => this.page.run(focusMessage, text),
      (isFocused) => isFocused,
    );
    await this.page.press('Enter');
    await this.click('menuitem', action);
  }

  /** Another tab of this browser, at the same address. */
  async another(): Promise<Walker> {
    const url = await this.page.run(() => location.href, null);
    const page = await this.page.another();
    await page.open(url);
    return new Walker(this.name, page);
  }

  /** Waits until the page shows a text. */
  async shows(text: string | RegExp): Promise<void> {
    await until(
      `${this.name}’s page to show ${text}`,
      () => this.text(),
      (shown) => (typeof text === 'string' ? shown.includes(text) : text.test(shown)),
    );
  }

  /** Whether the page shows a text now. */
  async showsText(text: string): Promise<boolean> {
    return (await this.text()).includes(text);
  }

  /** Waits until the page shows exactly these messages. */
  async showsMessages(...expected: readonly string[]): Promise<void> {
    await until(
      `${this.name}’s page to show the messages ${expected.join(', ')}`,
      () => this.page.run(messageTexts, null),
      (texts) => JSON.stringify(texts) === JSON.stringify(expected),
    ).catch(async (error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : error}; the page: ${await this.text()}`);
    });
  }

  /** Waits until the page has an element of this kind and name. */
  async has(kind: Kind, name: string): Promise<void> {
    await this.find({ kind, name });
  }

  /** Waits until the page has no element of this kind and name. */
  async lacks(kind: Kind, name: string): Promise<void> {
    await until(
      `${this.name}’s page to have no ${kind} “${name}”`,
      () => this.page.run(mark, { kind, name }),
      (isThere) => !isThere,
    );
  }

  /** Waits until the box for messages has this text. */
  async boxHolds(text: string): Promise<void> {
    await until(
      `${this.name}’s box to hold “${text}”`,
      () => this.page.run(() => document.querySelector<HTMLTextAreaElement>('.composer textarea')?.value, null),
      (held) => held === text,
    );
  }

  /** Waits for an element of this kind and name, and marks it. */
  private async find(wanted: Wanted): Promise<void> {
    await until(
      `${this.name}’s page to have the ${wanted.kind} “${wanted.name}”`,
      async () => ((await this.page.run(mark, wanted)) ? 'it' : await this.text()),
      (found) => found === 'it',
    );
  }

  private async text(): Promise<string> {
    return (await this.page.run(pageText, null)).slice(0, shownCharactersMax);
  }
}

function messageTexts(): string[] {
  return [...document.querySelectorAll('.message-text')].map((one) => one.textContent);
}

/** Focuses the message with this text, and returns whether it has the focus. Runs in the page. */
function focusMessage(text: string): boolean {
  const all = [...document.querySelectorAll<HTMLElement>('article')];
  const message = all.find((each) => each.querySelector('.message-text')?.textContent === text);
  message?.focus();
  return message !== undefined && message === document.activeElement;
}

/** The path and the visible text of the page. A page that is loading has no body. */
function pageText(): string {
  // biome-ignore lint/performance/useDomNodeTextContent: `textContent` includes hidden text.
  return `${location.pathname}\n${(document.body as HTMLElement | null)?.innerText ?? ''}`;
}

/** Marks the visible element of this name, or else one whose name contains it. Runs in the page. */
function mark({ kind, name }: Wanted): boolean {
  const selectors = {
    button: 'button',
    link: 'a',
    field: 'input, textarea',
    option: '[role=option]',
    menuitem: '[role=menuitem]',
  };
  const nameOf = (element: HTMLElement) =>
    element.getAttribute('aria-label') ??
    (element as HTMLInputElement).labels?.[0]?.textContent ??
    (element.textContent || element.title);
  const shown = [...document.querySelectorAll<HTMLElement>(selectors[kind])].filter(
    (element) => element.getClientRects().length > 0,
  );
  const found = shown.find((one) => nameOf(one) === name) ?? shown.find((one) => nameOf(one).includes(name));
  for (const before of document.querySelectorAll('[data-walked-to]')) before.removeAttribute('data-walked-to');
  found?.setAttribute('data-walked-to', '');
  return found !== undefined;
}
