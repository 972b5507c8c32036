import { expect } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Conversation, MemoryStore, ParleyClient } from '@parley/sdk';
import { ServerProcess } from '../../server/test/support/server-process.ts';
import { WireClient } from '../../server/test/support/wire-client.ts';
import { describeInBrowser } from './support/browser.ts';
import { showLatest } from './support/latest.ts';
import { Network } from './support/network.ts';
import { type PersonInBrowser, password } from './support/person.ts';
import { readAll } from './support/read-all.ts';
import { sendAll, type TestEnvironment, testWith } from './support/test-environment.ts';

/** Ana, whose network can be cut, and Ben talk over a server that can be killed. */
class Talk {
  /** The texts that each person wrote, in order. */
  private readonly written = new Map<string, string[]>();

  private constructor(
    private readonly data: string,
    private readonly running: { server: ServerProcess },
    readonly network: Network,
    /** Ben on another device, which reads what the server has stored. */
    readonly observer: ParleyClient,
    private readonly store: MemoryStore,
    public ana: PersonInBrowser,
    readonly ben: PersonInBrowser,
  ) {}

  static async start(environment: TestEnvironment): Promise<Talk> {
    const data = mkdtempSync(join(tmpdir(), 'parley-web-'));
    environment.atEnd(() => rmSync(data, { recursive: true, force: true }));
    const running = { server: await ServerProcess.start({ settings: { data } }) };
    environment.atEnd(() => running.server.kill());
    const { url, port } = running.server;
    const network = new Network(port);
    environment.atEnd(() => network.close());
    const store = new MemoryStore();
    const observer = new ParleyClient({ url, store });
    environment.atEnd(() => observer.close());
    const ana = await environment.signUp('Ana', network.url);
    const ben = await environment.signUp('Ben', url);
    const talk = new Talk(data, running, network, observer, store, ana, ben);
    await ana.openDirect('Ben');
    await talk.write(ana, 1);
    await ben.open('Ana');
    await talk.write(ben, 1);
    await observer.login({ username: 'ben', password });
    observer.connect();
    await observer.live();
    return talk;
  }

  kill(): Promise<void> {
    return this.running.server.kill();
  }

  /** Starts the server again after it was killed, at the same address. */
  async startAgain(): Promise<void> {
    const { port } = this.running.server;
    this.running.server = await ServerProcess.start({ settings: { data: this.data, port: String(port) } });
  }

  /** Makes the next texts of a person, and notes them as written. */
  texts({ name }: PersonInBrowser, count: number): string[] {
    const texts = this.written.get(name) ?? [];
    const added = Array.from({ length: count }, (_, index) => `${name} ${texts.length + index}`);
    this.written.set(name, [...texts, ...added]);
    return added;
  }

  async write(person: PersonInBrowser, count: number): Promise<void> {
    for (const text of this.texts(person, count)) await person.write(text);
  }

  /** Ben writes on his other device, so quickly that each page renders many messages at once. */
  async writeElsewhere(count: number): Promise<void> {
    const session = await this.store.session();
    const socket = await WireClient.hello(this.running.server.url, session?.token ?? '');
    await sendAll(socket, this.observed().id, this.texts(this.ben, count));
    await socket.close();
  }

  lastOf({ name }: PersonInBrowser): string {
    return this.written.get(name)?.at(-1) ?? '';
  }

  /** Ben's conversation on his other device. */
  observed(): Conversation {
    const [conversation] = this.observer.conversations.list();
    if (!conversation) throw new Error('Ana and Ben have no conversation');
    return conversation;
  }

  /** Expects that both see all messages once, in the server's order, which keeps the order of each sender. */
  async agree(): Promise<void> {
    const history = await this.history();
    for (const [name, texts] of this.written) {
      expect(history.filter((text) => text.startsWith(name))).toEqual(texts);
    }
    // Not the last text alone: it may be of an own message, which is shown before others have arrived.
    const isEnd = (texts: readonly string[]) =>
      texts.length > 0 && texts.join('\n') === history.slice(-texts.length).join('\n');
    for (const person of [this.ana, this.ben]) {
      await showLatest(person.page, isEnd);
      expect(await readAll(person.page)).toEqual(history);
    }
  }

  /** The server's messages of the conversation, once there are as many as were written. */
  private async history(): Promise<string[]> {
    const count = [...this.written.values()].flat().length;
    const texts: string[] = [];
    for await (const entry of this.observed().live({ after: 0 })) {
      if (entry.kind === 'message') texts.push(entry.text);
      if (texts.length === count) break;
    }
    return texts;
  }
}

describeInBrowser('interruptions', () => {
  // Two server starts, and 1,000 messages read in two browsers, take long on a busy machine.
  const test = testWith(async (environment) => ({ talk: await Talk.start(environment) }), { timeoutMs: 300_000 });

  test('messages written while the server is killed and restarted are all delivered once', async ({ talk }) => {
    const { ana, ben } = talk;
    for (let round = 0; round < 2; round++) {
      const writing = Promise.all([talk.write(ana, 30), talk.write(ben, 30)]);
      await talk.kill();
      await ana.page.getByText('No connection').waitFor();
      await talk.startAgain();
      await writing;
      await talk.agree();
    }
  });

  test('messages written without a network are sent once and in order after the reconnect', async ({ talk }) => {
    const { ana, ben, network } = talk;
    network.cut();
    await ana.page.getByText('No connection').waitFor();
    await talk.write(ana, 5);
    await ana.page.getByRole('img', { name: 'Waiting for the connection' }).first().waitFor();
    await talk.write(ben, 5);
    network.mend();
    await talk.agree();
  });

  test('messages written offline are sent although the page is reloaded and closed meanwhile', async (scene) => {
    const { talk } = scene;
    const { ana, network } = talk;
    network.cut();
    await ana.page.getByText('No connection').waitFor();
    await talk.write(ana, 3);
    await ana.page.reload();
    await ana.message(talk.lastOf(ana)).waitFor();
    await talk.write(ana, 2);
    const address = ana.page.url();
    const reopened = await ana.context.newPage();
    await ana.page.close();
    talk.ana = ana.at(reopened);
    await reopened.goto(address);
    await talk.ana.message(talk.lastOf(ana)).waitFor();
    network.mend();
    await talk.agree();
  });

  test('a page whose network was silent for 1,000 messages shows all of them', async ({ talk }) => {
    talk.network.hold();
    await talk.writeElsewhere(1_000);
    talk.network.mend();
    await talk.agree();
  });
});
