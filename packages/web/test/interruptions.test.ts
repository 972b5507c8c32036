import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Conversation, ParleyClient } from '@parley/sdk';
import { ServerProcess } from '../../server/test/support/server-process.ts';
import { browserOfFile, describeInBrowser } from './support/browser.ts';
import { Network } from './support/network.ts';
import { PersonInBrowser, password } from './support/person.ts';
import { readAll } from './support/read-all.ts';

/**
 * Two browsers, a server that starts twice and a thousand messages take their time on a busy machine. A test that runs
 * out of it takes the others with it: the runner ends what was started, browser and server, along with the test.
 */
const patient = { timeout: 300_000 };

const browser = browserOfFile();
const data = mkdtempSync(join(tmpdir(), 'parley-web-'));
let server: ServerProcess;
let network: Network;
let ana: PersonInBrowser;
let ben: PersonInBrowser;
/** Ben on another device, which tells what the server has. */
let observer: ParleyClient;
/** What each wrote, in order. */
const written = { Ana: [] as string[], Ben: [] as string[] };

async function write(person: PersonInBrowser, count: number): Promise<void> {
  const texts = written[person.name as keyof typeof written];
  for (let i = 0; i < count; i++) {
    const text = `${person.name} ${texts.length}`;
    texts.push(text);
    await person.write(text);
  }
}

/** Both see everything that both wrote, each once, in the order of the server's numbers and of each writer. */
async function agree(): Promise<void> {
  const history = await historyOf(written.Ana.length + written.Ben.length);
  for (const [name, texts] of Object.entries(written)) {
    expect(history.filter((text) => text.startsWith(name))).toEqual(texts);
  }
  for (const person of [ana, ben]) {
    await showEnd(person, history.at(-1) ?? '');
    expect(await readAll(person.page)).toEqual(history);
  }
}

/** The messages of the conversation, once there are so many. */
async function historyOf(count: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const entry of observed().live({ after: 0 })) {
    if (entry.kind === 'message') texts.push(entry.text);
    if (texts.length === count) break;
  }
  return texts;
}

function observed(): Conversation {
  const [conversation] = observer.conversations.list();
  if (!conversation) throw new Error('Ana and Ben have no conversation');
  return conversation;
}

/** Whoever is not at the end any more, after much was missed, goes there. */
async function showEnd({ page }: PersonInBrowser, lastText: string): Promise<void> {
  const last = page.getByRole('article').last().getByText(lastText, { exact: true });
  const button = page.getByRole('button', { name: /Jump to the latest|new message/ });
  await last.or(button).first().waitFor();
  if (await button.isVisible()) await button.click();
  await last.waitFor();
}

describeInBrowser('interruptions', () => {
  beforeAll(async () => {
    server = await ServerProcess.start({ settings: { data } });
    network = new Network(server.port);
    ana = await PersonInBrowser.signUp(await browser(), network.url, 'Ana');
    ben = await PersonInBrowser.signUp(await browser(), server.url, 'Ben');
    await ana.openDirect('Ben');
    await write(ana, 1);
    await ben.open('Ana');
    await write(ben, 1);
    observer = new ParleyClient({ url: server.url });
    await observer.login({ username: 'ben', password });
    observer.connect();
    await observer.live();
  });
  afterAll(async () => {
    observer.close();
    network.close();
    await server.kill();
    rmSync(data, { recursive: true, force: true });
  });

  test('the server is killed and started again while both write', patient, async () => {
    for (let round = 0; round < 2; round++) {
      const writing = Promise.all([write(ana, 30), write(ben, 30)]);
      await server.kill();
      await ana.page.getByText('No connection').waitFor();
      server = await ServerProcess.start({ settings: { data, port: String(server.port) } });
      await writing;
      await agree();
    }
  });

  test(
    'the network is taken away and given back: what is written meanwhile goes out in order, once',
    patient,
    async () => {
      network.cut();
      await ana.page.getByText('No connection').waitFor();
      await write(ana, 5);
      await ana.page.getByRole('img', { name: 'Waiting for the connection' }).first().waitFor();
      await write(ben, 5);
      network.mend();
      await agree();
    },
  );

  test(
    'written offline, then the page is reloaded offline, then all of its browser’s pages are closed',
    patient,
    async () => {
      network.cut();
      await ana.page.getByText('No connection').waitFor();
      await write(ana, 3);
      await ana.page.reload();
      await ana.message(written.Ana.at(-1) ?? '').waitFor();
      await write(ana, 2);
      const address = ana.page.url();
      const reopened = await ana.context.newPage();
      await ana.page.close();
      await reopened.goto(address);
      await reopened
        .getByRole('article')
        .filter({ hasText: written.Ana.at(-1) ?? '' })
        .waitFor();
      ana = ana.at(reopened);
      network.mend();
      await agree();
    },
  );

  test('a lid is closed for 1,000 messages', patient, async () => {
    network.hold();
    const sent = Array.from({ length: 1_000 }, () => {
      const text = `Ben ${written.Ben.length}`;
      written.Ben.push(text);
      return observed().send(text).sent();
    });
    await Promise.all(sent);
    network.mend();
    await agree();
  });
});
