import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import { describeInBrowser, launchWithProfile } from './support/browser.ts';
import { Network } from './support/network.ts';
import { PersonInBrowser } from './support/person.ts';

const profile = mkdtempSync(join(tmpdir(), 'parley-profile-'));
let server: RunningServer;
let network: Network;
let context: BrowserContext;
let ana: PersonInBrowser;
let mira: Person;
let groupId: string;

/** The browser's program ends and is started again; the address is opened as from a bookmark. */
async function restart(): Promise<void> {
  const address = ana.page.url();
  await context.close();
  context = await launchWithProfile(profile);
  ana = PersonInBrowser.loggedIn('Ana', context, await context.newPage(), []);
  await ana.page.goto(address);
}

describeInBrowser('a browser that is started again', () => {
  beforeAll(async () => {
    server = await RunningServer.start();
    network = new Network(Number(new URL(server.url).port));
    context = await launchWithProfile(profile);
    ana = await PersonInBrowser.signUpAt(context, await context.newPage(), network.url, 'Ana');
    mira = await server.person('mira');
    const anaId = (await server.call(mira, 'userSearch', { q: 'ana' })).users[0]?.id ?? '';
    groupId = (await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] })).id;
    await server.call(mira, 'sendMessage', { conversationId: groupId, clientMessageId: 'm1', text: 'Welcome aboard' });
    await ana.open('Harbour');
    await ana.message('Welcome aboard').waitFor();
    await ana.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  });
  afterAll(async () => {
    await context.close();
    network.close();
    await server.stop();
    rmSync(profile, { recursive: true, force: true });
  });

  test('while the server is away: opens with what it knew, says so, and keeps what was written', async () => {
    network.cut();
    await ana.page.getByText('No connection').waitFor();
    for (const text of ['one', 'two', 'three']) await ana.write(text);
    await ana.message('three').getByRole('img', { name: 'Waiting for the connection' }).waitFor();
    await ana.box.fill('half a thought');
    await restart();
    await ana.message('Welcome aboard').waitFor();
    await ana.page.getByText('No connection').waitFor();
    expect(await ana.page.locator('.message-text').allTextContents()).toEqual([
      'Welcome aboard',
      'one',
      'two',
      'three',
    ]);
    expect(await ana.box.inputValue()).toBe('half a thought');
    await ana.box.fill('');
    await ana.write('four');
  });

  test('with the server back: sends it all without being asked, in order, once', async () => {
    network.mend();
    await ana.message('four').getByRole('img', { name: 'Sent' }).waitFor();
    const expected = ['Welcome aboard', 'one', 'two', 'three', 'four'];
    const { entries } = await server.call(mira, 'getHistory', { conversationId: groupId });
    expect(entries.flatMap((entry) => (entry.kind === 'message' ? [entry.text] : []))).toEqual(expected);
    expect(await ana.page.locator('.message-text').allTextContents()).toEqual(expected);
    await ana.page.getByText('No connection').waitFor({ state: 'hidden' });
    await restart();
    await ana.message('four').waitFor();
    expect(await ana.page.locator('.message-text').allTextContents()).toEqual(expected);
  });

  test('what needs the server says that it can’t be reached, and works when it is back', async () => {
    const { page } = ana;
    await page.getByText('No connection').waitFor({ state: 'hidden' });
    await page.keyboard.press('Control+k');
    const dialog = page.getByRole('dialog', { name: 'Jump to…' });
    await dialog.getByRole('combobox').fill('mira');
    await dialog.getByRole('option', { name: /mira/ }).waitFor();
    network.cut();
    await page.keyboard.press('Enter');
    await dialog.getByText('The server can’t be reached. Try again in a moment.').waitFor();
    network.mend();
    await page.getByText('No connection').waitFor({ state: 'hidden' });
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'mira' }).waitFor();
    expect(ana.faults).toEqual([]);
  });
});
