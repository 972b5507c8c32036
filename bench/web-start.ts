// The time until the web client shows the messages of a conversation, in Chromium, up to the frame that shows them.
//   npx bun bench/web-start.ts [--runs 15] [--conversations 200]
//
// Cold: a browser without stored data opens the address of a conversation; measured until the log-in page is first
// painted, and from pressing "Log in". Warm: the page is loaded again, with the server and without it.
//
// 2 shared cores (AMD EPYC), Chromium 156, the server on the same machine, medians and the slowest of 15:
//   cold, until the log-in page shows       196, 284 ms
//   cold, from "Log in" to the messages     160, 193 ms
//   warm, from the address to the messages  267, 308 ms
//   warm, without the server                170, 196 ms
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ParleyClient } from '@parley/sdk';
import { ServerProcess } from '../packages/server/test/support/server-process.ts';
import { ensureBundle } from '../packages/web/build/bundle.ts';
import { launchBrowser, openWindow, wholeChromium } from '../packages/web/test/support/browser.ts';
import { machine } from './bench-server.ts';
import { Latencies } from './latencies.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '15' }, conversations: { type: 'string', default: '200' } },
});
type Page = Awaited<ReturnType<typeof openWindow>>['page'];

const password = 'a good password';
const messageCount = 60;

await ensureBundle();
const data = mkdtempSync(join(tmpdir(), 'parley-web-start-'));
const server = await ServerProcess.start({ settings: { data } });
const browser = await launchBrowser(wholeChromium);
try {
  const conversationId = await createConversations();
  const times = {
    'cold, until the log-in page shows': new Latencies(),
    'cold, from "Log in" to the messages': new Latencies(),
    'warm, from the address to the messages': new Latencies(),
    'warm, without the server': new Latencies(),
  };
  for (let run = 0; run < Number(values.runs); run++) {
    const { context, page } = await openWindow(browser);
    await page.goto(`${server.url}/c/${conversationId}`);
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    times['cold, until the log-in page shows'].add(await firstPaintMs(page));
    await page.getByLabel('Username').fill('ana');
    await page.getByLabel('Password', { exact: true }).fill(password);
    times['cold, from "Log in" to the messages'].add(await logIn(page));
    await page.evaluate(() => navigator.serviceWorker.ready);
    times['warm, from the address to the messages'].add(await reload(page));
    await context.setOffline(true);
    times['warm, without the server'].add(await reload(page));
    await context.close();
  }
  console.log(`${machine()}, Chromium ${browser.version()}`);
  console.log(`${values.conversations} conversations, one of them with ${messageCount} messages; ${values.runs} runs`);
  for (const [what, latencies] of Object.entries(times)) console.log(`${what}: ${latencies}`);
} finally {
  await browser.close();
  await server.stop();
  rmSync(data, { recursive: true });
}

/** Creates Ana's conversations. Returns the id of the one that is opened. */
async function createConversations(): Promise<string> {
  const client = new ParleyClient({ url: server.url });
  await client.signup({ username: 'ana', password });
  client.connect();
  await client.live();
  for (let count = 1; count < Number(values.conversations); count++) {
    await client.conversations.createGroup({ name: `group ${count}`, userIds: [] });
  }
  const group = await client.conversations.createGroup({ name: 'the one', userIds: [] });
  for (let count = 0; count < messageCount; count++) {
    await group.send(`message ${count} of some length, as people write`).sent();
  }
  client.close();
  return group.id;
}

async function firstPaintMs(page: Page): Promise<number> {
  return page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN);
}

/** Milliseconds from the navigation to the frame that shows messages. */
async function reload(page: Page): Promise<number> {
  await page.reload({ waitUntil: 'commit' });
  return page.evaluate(untilMessages, 0);
}

/** Milliseconds from pressing the button to the frame that shows messages. */
async function logIn(page: Page): Promise<number> {
  const startMs = await page.evaluate(() => {
    document.querySelector<HTMLButtonElement>('button[type=submit]')?.click();
    return performance.now();
  });
  return page.evaluate(untilMessages, startMs);
}

/** Runs in the page. Resolves when messages are shown, to the milliseconds since `startMs`. */
function untilMessages(startMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (document.querySelector('article')) requestAnimationFrame(() => resolve(performance.now() - startMs));
      else if (performance.now() - startMs > 20_000) reject(new Error('no messages were shown within 20 s'));
      else requestAnimationFrame(look);
    };
    look();
  });
}
