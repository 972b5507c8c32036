import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import { browserOfFile, describeInBrowser } from './support/browser.ts';
import { Network } from './support/network.ts';
import { PersonInBrowser } from './support/person.ts';
import { firstInView, lastInView, scrollUpWatching } from './support/view.ts';

const browser = browserOfFile();
let server: RunningServer;
let network: Network;
let ana: PersonInBrowser;
let mira: Person;
let anaId: string;
let groupId: string;
let lastMessage = 0;
/** More than a conversation opens with, and the page before that. */
const lastLine = 419;

function say(text: string, conversationId = groupId) {
  return server.call(mira, 'sendMessage', { conversationId, clientMessageId: `m${++lastMessage}`, text });
}

/** Goes to the end of the long conversation. */
async function toLatest(): Promise<void> {
  const button = ana.page.getByRole('button', { name: /new messages?|Jump to the latest/ });
  await ana.message(`line ${lastLine}`).or(button).first().waitFor();
  if (await button.isVisible()) await button.click();
  await ana.message(`line ${lastLine}`).waitFor();
}

describeInBrowser('a conversation', () => {
  beforeAll(async () => {
    server = await RunningServer.start();
    network = new Network(Number(new URL(server.url).port));
    ana = await PersonInBrowser.signUp(await browser(), network.url, 'Ana');
    mira = await server.person('mira');
    anaId = (await server.call(mira, 'userSearch', { q: 'ana' })).users[0]?.id ?? '';
    groupId = (await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] })).id;
  });
  afterAll(async () => {
    network.close();
    await server.stop();
  });

  test('nobody wrote in says what to do, and each message tells its exact time', async () => {
    await ana.open('Harbour');
    await ana.page.getByText('This is where ⁨Harbour⁩ begins').waitFor();
    await ana.page.getByText('the first message is the hardest').waitFor();
    await say('The first');
    const time = ana.message('The first').getByRole('time');
    const [dateTime, exact] = await Promise.all([time.getAttribute('datetime'), time.getAttribute('title')]);
    expect(Math.abs(Date.parse(dateTime ?? '') - Date.now())).toBeLessThan(60_000);
    expect(exact).toMatch(/^\w+,? \d+ \w+ \d{4}.* \d{2}:\d{2}:\d{2}$/);
    expect(await ana.page.getByText('the first message is the hardest').count()).toBe(0);
  });

  test('a message is queued, sending, sent and read, and is one row all the while', async () => {
    network.hold();
    await ana.write('On its way');
    const message = ana.message('On its way');
    await message.getByRole('img', { name: 'Sending' }).waitFor();
    const row = await message.elementHandle();
    const key = await message.getAttribute('data-key');
    network.mend();
    await message.getByRole('img', { name: 'Sent' }).waitFor();
    const { seq } = await say('An answer');
    await server.call(mira, 'markRead', { conversationId: groupId, seq });
    await message.getByRole('img', { name: 'Read', exact: true }).waitFor();
    expect(await message.getAttribute('data-key')).toBe(key);
    // The very same element: nothing was drawn anew, so nothing jumped.
    expect(await message.evaluate((now, before) => now === before, row)).toBe(true);
  });

  test('what the server refuses says why, and is sent again when one asks for it', async () => {
    await server.call(mira, 'updateConversation', { conversationId: groupId, announceOnly: false });
    network.cut();
    await ana.page.getByText('No connection').waitFor();
    await ana.write('Too late');
    await ana.write('And this');
    await server.call(mira, 'updateConversation', { conversationId: groupId, announceOnly: true });
    network.mend();
    await ana.page.getByText('Only owners and admins write here').waitFor();
    const failed = ana.message('Too late');
    await failed.getByText('Not sent').waitFor();
    await ana.message('And this').getByRole('button', { name: 'Discard' }).click();
    await ana.message('And this').waitFor({ state: 'detached' });
    await server.call(mira, 'updateConversation', { conversationId: groupId, announceOnly: false });
    await failed.getByRole('button', { name: 'Retry' }).click();
    await failed.getByRole('img', { name: 'Sent' }).waitFor();
    const { entries } = await server.call(mira, 'getHistory', { conversationId: groupId });
    const texts = entries.flatMap((entry) => (entry.kind === 'message' ? [entry.text] : []));
    expect(texts.filter((text) => text === 'Too late' || text === 'And this')).toEqual(['Too late']);
  });

  test('what is in view stays where it is while older messages come in above', async () => {
    const { id } = await server.call(mira, 'createChannel', { name: 'Long' });
    for (let i = 0; i <= lastLine; i++) await say(`line ${i}${'\nand another'.repeat(i % 4)}`, id);
    await ana.page.getByRole('link', { name: 'Browse channels' }).click();
    await ana.page.getByRole('button', { name: 'Join' }).click();
    await ana.box.waitFor();
    await toLatest();
    // All is read: opened again, it shows its end, and most of what is older has yet to be loaded.
    await ana
      .inList('Long')
      .getByRole('img', { name: /unread/ })
      .waitFor({ state: 'detached' });
    await ana.page.reload();
    await toLatest();
    const moved = await ana.page.evaluate(scrollUpWatching);
    expect(moved.loads).toBeGreaterThanOrEqual(1);
    expect(moved.jumpsPx.filter((px) => px > 1)).toEqual([]);
    await ana.page.getByText('This is where ⁨Long⁩ begins').waitFor();
  });

  test('who reads further up stays there, and is told how many came below', async () => {
    const { page } = ana;
    await toLatest();
    await page.getByRole('log').hover();
    await page.mouse.wheel(0, -3_000);
    await page.getByRole('button', { name: 'new messages' }).waitFor();
    const [conversation] = (await server.call(mira, 'getHomepage', {})).conversations;
    const first = await firstInView(page);
    for (let i = 0; i < 3; i++) await say(`late ${i}`, conversation?.id);
    const below = lastLine - Number(/line (\d+)/.exec(await lastInView(page))?.[1]) + 3;
    await page.getByRole('button', { name: `${below} new messages` }).waitFor();
    expect(await firstInView(page)).toEqual(first);
    await page.getByRole('button', { name: `${below} new messages` }).click();
    await ana.message('late 2').waitFor();
    await page.getByRole('button', { name: /new messages|Jump to the latest/ }).waitFor({ state: 'detached' });
  });

  test('who scrolls up just as a message comes in stays there', async () => {
    const { page } = ana;
    const [conversation] = (await server.call(mira, 'getHomepage', {})).conversations;
    for (let round = 0; round < 5; round++) {
      await page.getByRole('button', { name: /new messages|Jump to the latest/ }).waitFor({ state: 'detached' });
      const top = page.getByRole('log').evaluate(
        (list) =>
          new Promise<number>((resolve) => {
            const count = list.querySelectorAll('article').length;
            const observer = new MutationObserver(() => {
              if (list.querySelectorAll('article').length === count) return;
              observer.disconnect();
              const wanted = list.scrollTop - 600;
              list.scrollTop = wanted;
              let frames = 0;
              const settle = () => {
                if (++frames < 30) requestAnimationFrame(settle);
                else resolve(list.scrollTop - wanted);
              };
              settle();
            });
            observer.observe(list, { childList: true, subtree: true });
          }),
      );
      await say(`meanwhile ${round}`, conversation?.id);
      expect(Math.abs(await top)).toBeLessThan(100);
      await page.getByRole('button', { name: /new message|Jump to the latest/ }).click();
      await ana.message(`meanwhile ${round}`).waitFor();
    }
  });

  test('what comes in is read out, code is copied, and days are told apart', async () => {
    await ana.open('Harbour');
    await say('```\nlet x = 1;\n```');
    await ana.page.getByRole('status').filter({ hasText: 'let x = 1;' }).waitFor();
    await ana.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await ana.page.getByRole('button', { name: 'Copy code' }).click();
    await ana.page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await ana.page.evaluate(() => navigator.clipboard.readText())).toBe('let x = 1;');
    await ana.page.getByText('Today', { exact: true }).waitFor();
    expect(ana.faults).toEqual([]);
  });

  test('at midnight today becomes yesterday, in a page that stays open', async () => {
    const { id } = await server.call(mira, 'createGroup', { name: 'Overnight', userIds: [anaId] });
    await ana.inList('Overnight').waitFor();
    const { page } = ana;
    // All pages of this browser have this clock from now on.
    await page.clock.install({ time: Date.now() });
    await page.goto(`${network.url}/c/${id}`);
    await page.getByText('Today', { exact: true }).waitFor();
    await page.clock.fastForward('24:00:00');
    await page.getByText('Yesterday', { exact: true }).waitFor();
    expect(await page.getByText('Today', { exact: true }).count()).toBe(0);
  });
});
