import { ParleyClient } from '@parley/sdk';
import { Latencies } from '../measure/latencies.ts';
import { latencyColumns } from '../measure/measured.ts';
import type { Outcome, Scenario } from '../scenario.ts';
import { startEmbedded } from '../system/embedded.ts';
import { using } from '../system/start.ts';

type Page = Awaited<ReturnType<typeof import('../../packages/web/test/support/browser.ts')['openWindow']>>['page'];

const password = 'a good password';
const messages = 60;

export const web: Scenario = {
  name: 'web',
  summary:
    'The time until the web client shows the messages of a conversation, in Chromium, up to the frame with them.',
  shapes: ['embedded'],
  options: {
    runs: { default: '15', help: 'times that each way of opening it is measured' },
    conversations: { default: '200', help: 'conversations of the user' },
  },
  quick: { runs: '3', conversations: '50' },
  async run(parameters): Promise<Outcome> {
    const [runs, conversations] = [parameters.number('runs', 1, 1_000), parameters.number('conversations', 1, 5_000)];
    // Loaded here, because other scenarios need neither the web client nor a browser.
    const { ensureBundle } = await import('../../packages/web/build/bundle.ts');
    const { launchBrowser, openWindow, wholeChromium } = await import('../../packages/web/test/support/browser.ts');
    await ensureBundle();
    return using(startEmbedded(0), async ({ url }) => {
      const conversationId = await createConversations(url, conversations);
      const browser = await launchBrowser(wholeChromium);
      const times = new Map<string, Latencies>();
      const add = (what: string, ms: number) => {
        const latencies = times.get(what) ?? new Latencies();
        times.set(what, latencies);
        latencies.add(ms);
      };
      try {
        for (let run = 0; run < runs; run++) {
          const { context, page } = await openWindow(browser);
          await page.goto(`${url}/c/${conversationId}`);
          await page.getByRole('button', { name: 'Log in' }).waitFor();
          add('cold, until the log-in page shows', await firstPaintMs(page));
          await page.getByLabel('Username').fill('ana');
          await page.getByLabel('Password', { exact: true }).fill(password);
          add('cold, from "Log in" to the messages', await logIn(page));
          await page.evaluate(() => navigator.serviceWorker.ready);
          add('warm, from the address to the messages', await reload(page));
          await context.setOffline(true);
          add('warm, without the server', await reload(page));
          await context.close();
        }
      } finally {
        await browser.close();
      }
      const rows = [...times].map(([opened, latencies]) => ({ opened, ...latencyColumns('shown', latencies) }));
      return { rows, ratios: {} };
    });
  },
};

/** Creates Ana's conversations. Returns the id of the one that is opened. */
async function createConversations(url: string, conversations: number): Promise<string> {
  const client = new ParleyClient({ url });
  await client.signup({ username: 'ana', password });
  client.connect();
  await client.live();
  for (let count = 1; count < conversations; count++) {
    await client.conversations.createGroup({ name: `group ${count}`, userIds: [] });
  }
  const group = await client.conversations.createGroup({ name: 'the one', userIds: [] });
  for (let count = 0; count < messages; count++) {
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
