import { test } from 'bun:test';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { type Person, RunningServer } from '../../../server/test/support/running-server.ts';
import type { WireClient } from '../../../server/test/support/wire-client.ts';
import { browserOfFile, type Need, openWindow, untilCached, withServiceWorker } from './browser.ts';
import { Network } from './network.ts';
import { PersonInBrowser } from './person.ts';
import { testTimeoutMs, within } from './until.ts';

/** Half of the messages that the server accepts at a time from one person. */
const underWayMax = 100;
const shownCharactersMax = 2_000;
/** The time that a finished test has to describe its pages and close everything. */
const closingMaxMs = 30_000;

type Window = Awaited<ReturnType<typeof openWindow>>;

/** A test's own server and browser windows, which are closed when the test ends. */
export class TestEnvironment {
  private readonly windows: Window[] = [];
  private readonly rest = new AsyncDisposableStack();
  private messages = 0;

  constructor(
    readonly server: RunningServer,
    readonly browser: Browser,
  ) {}

  /** A network in front of the server. */
  network(): Network {
    const network = new Network(Number(new URL(this.server.url).port));
    this.atEnd(() => network.close());
    return network;
  }

  /** A window of its own, as on another computer. */
  async window(options: BrowserContextOptions = {}): Promise<Window> {
    const window = await openWindow(this.browser, options);
    this.windows.push(window);
    return window;
  }

  /**
   * Signs a person up in a window of their own, directly at the server or through a network. In the latter case the
   * window has a service worker, which has stored the parts of the page for when the network is cut.
   */
  async signUp(name: string, url = this.server.url, options: BrowserContextOptions = {}): Promise<PersonInBrowser> {
    const usual = url === this.server.url ? {} : withServiceWorker;
    const given = { ...usual, ...options };
    const { context, page, faults } = await this.window(given);
    const person = await PersonInBrowser.signUpAt(context, page, url, name, faults);
    if (given.serviceWorkers === withServiceWorker.serviceWorkers) await untilCached(page);
    return person;
  }

  /** Sends a message without a browser. */
  say(person: Person, conversationId: string, text: string) {
    return this.server.call(person, 'sendMessage', { conversationId, clientMessageId: `m${++this.messages}`, text });
  }

  /** Sends many messages in order over one socket. Resolves when the server has acknowledged all. */
  async sayAll(person: Person, conversationId: string, texts: readonly string[]): Promise<void> {
    const socket = await this.server.wire(person);
    await sendAll(socket, conversationId, texts);
    await socket.close();
  }

  /** The id of the account with a username. */
  async idOf(username: string): Promise<string> {
    const user = await this.server.adapters.users.byUsername(username);
    if (!user) throw new Error(`nobody is called ${username}`);
    return user.id;
  }

  /** Describes what every open page shows, for the report of a failure. */
  async describe(): Promise<string> {
    const pages = this.windows.flatMap(({ context, faults }) => context.pages().map((page) => ({ page, faults })));
    const described = pages.map(async ({ page, faults }) => {
      const shown = page.locator('body').ariaSnapshot({ timeout: 5_000 });
      const text = await shown.catch((error: unknown) => `(${error instanceof Error ? error.message : error})`);
      return [`— ${page.url()}`, text.slice(0, shownCharactersMax), ...faults.map((fault) => `fault: ${fault}`)].join(
        '\n',
      );
    });
    return `the pages of the test that failed:\n${(await Promise.all(described)).join('\n')}`;
  }

  /** Runs `undo` after the test, whether it passes or fails. The last one added runs first. */
  atEnd(undo: () => void | Promise<void>): void {
    this.rest.defer(undo);
  }

  async close(): Promise<void> {
    await Promise.all(this.browser.contexts().map((context) => context.close()));
    await this.rest.disposeAsync();
    await this.server.stop();
  }
}

/** Sends messages in order over a socket. Resolves when the server has acknowledged all. */
export async function sendAll(socket: WireClient, conversationId: string, texts: readonly string[]): Promise<void> {
  for (let from = 0; from < texts.length; from += underWayMax) {
    const answers = await Promise.all(
      texts
        .slice(from, from + underWayMax)
        .map((text) => socket.request({ type: 'send', conversationId, clientMessageId: crypto.randomUUID(), text })),
    );
    const refusal = answers.find(({ type }) => type === 'error');
    if (refusal) throw new Error(`not sent: ${JSON.stringify(refusal)}`);
  }
}

/**
 * Makes a function that defines tests, each with a server and people of its own, so that none depends on another.
 * Call it within {@link describeInBrowser}. A test that fails prints what its pages show.
 */
export function testWith<Scene extends object>(
  setUp: (environment: TestEnvironment) => Promise<Scene>,
  { timeoutMs = testTimeoutMs, program }: { timeoutMs?: number; program?: Need } = {},
) {
  const browser = browserOfFile(program);
  return (title: string, body: (scene: Scene & { environment: TestEnvironment }) => Promise<void>): void => {
    const run = async () => {
      const environment = new TestEnvironment(await RunningServer.start(), await browser());
      const carryOut = async () => body({ ...(await setUp(environment)), environment });
      try {
        await within(`the test “${title}”`, timeoutMs, carryOut());
      } catch (error) {
        console.error(await environment.describe());
        throw error;
      } finally {
        await environment.close();
      }
    };
    // The runner's limit only ends tests that hang completely.
    test(title, run, timeoutMs + closingMaxMs);
  };
}
