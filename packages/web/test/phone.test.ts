import { afterAll, beforeAll, expect, test } from 'bun:test';
import { RunningServer } from '../../server/test/support/running-server.ts';
import { browserOfFile, describeInBrowser } from './support/browser.ts';
import { Network } from './support/network.ts';
import { PersonInBrowser } from './support/person.ts';

const browser = browserOfFile();
let server: RunningServer;
let network: Network;
let ana: PersonInBrowser;
let ben: PersonInBrowser;

describeInBrowser('on a phone', () => {
  beforeAll(async () => {
    server = await RunningServer.start();
    network = new Network(Number(new URL(server.url).port));
    ben = await PersonInBrowser.signUp(await browser(), server.url, 'Ben');
    const viewport = { width: 390, height: 844 };
    ana = await PersonInBrowser.signUp(await browser(), network.url, 'Ana', { viewport, hasTouch: true });
  });
  afterAll(async () => {
    network.close();
    await server.stop();
  });

  test('a new person is told what to do next, and does it', async () => {
    const { page } = ana;
    await page.getByRole('heading', { name: 'Start a conversation' }).waitFor();
    await page.getByRole('button', { name: 'Find somebody' }).tap();
    await page.getByRole('combobox', { name: 'Search by name' }).fill('ben');
    await page.getByRole('option', { name: /Ben/ }).tap();
    await ana.box.fill('From my phone');
    await page.getByRole('button', { name: 'Send' }).tap();
    await ben.open('Ana');
    await ben.message('From my phone').waitFor();
    await page.getByRole('link', { name: 'Back to conversations' }).tap();
    await ana.inList('Ben').waitFor();
    // The offer to notify that the first message brought is here too.
    await page.getByRole('button', { name: 'Not now' }).tap();
    expect(await page.getByRole('heading', { name: 'Start a conversation' }).count()).toBe(0);
  });

  test('the list says that the connection is away, and goes on without being asked', async () => {
    network.cut();
    const bar = ana.page.getByText('No connection');
    await bar.waitFor();
    // It stays while one goes to a conversation and back.
    await ana.open('Ben');
    expect(await bar.isVisible()).toBe(true);
    await ana.page.getByRole('link', { name: 'Back to conversations' }).tap();
    await ana.inList('Ben').waitFor();
    expect(await bar.isVisible()).toBe(true);
    await ben.write('While you were away');
    network.mend();
    await ana.page.getByText('No connection').waitFor({ state: 'hidden' });
    await ana.inList('Ben').getByText('While you were away').waitFor();
    expect(ana.faults).toEqual([]);
  });
});
