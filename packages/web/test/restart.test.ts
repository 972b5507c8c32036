import { expect } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith, launchWithProfile, wholeChromium } from './support/browser.ts';
import { PersonInBrowser } from './support/person.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';

/** Ana, with a conversation open in a browser whose profile is kept on disk, behind a network that can be cut. */
async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const network = environment.network();
  const profile = mkdtempSync(join(tmpdir(), 'parley-profile-'));
  environment.atEnd(() => rmSync(profile, { recursive: true, force: true }));
  const start = async () => {
    const context = await launchWithProfile(profile);
    environment.atEnd(() => context.close());
    return context;
  };
  const context = await start();
  const ana = await PersonInBrowser.signUpAt(context, await context.newPage(), network.url, 'Ana');
  const mira = await server.person('mira');
  const userIds = [await environment.idOf('ana')];
  const groupId = (await server.call(mira, 'createGroup', { name: 'Harbour', userIds })).id;
  await environment.say(mira, groupId, 'Welcome aboard');
  await ana.open('Harbour');
  await ana.message('Welcome aboard').waitFor();
  await ana.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  /** Ends the browser, starts it again, and opens the address as from a bookmark. */
  const restart = async (person: PersonInBrowser) => {
    const address = person.page.url();
    await person.context.close();
    const restarted = await start();
    const again = PersonInBrowser.loggedIn('Ana', restarted, await restarted.newPage(), []);
    await again.page.goto(address);
    return again;
  };
  return { ana, groupId, mira, network, restart, server };
}

const textsOf = ({ page }: PersonInBrowser) => page.locator('.message-text').allTextContents();

describeWith([wholeChromium], 'a browser that is restarted', () => {
  const test = testWith(setUp);

  test('without a server opens with stored data, and sends unsent messages after the reconnect', async (scene) => {
    const { ana, groupId, mira, network, restart, server } = scene;
    network.cut();
    await ana.page.getByText('No connection').waitFor();
    for (const text of ['one', 'two', 'three']) await ana.write(text);
    await ana.message('three').getByRole('img', { name: 'Waiting for the connection' }).waitFor();
    await ana.box.fill('half a thought');
    const again = await restart(ana);
    await again.message('Welcome aboard').waitFor();
    await again.page.getByText('No connection').waitFor();
    // The page sends what the browser had not stored when it was closed once more, a moment after it opens.
    for (const text of ['one', 'two', 'three']) await again.message(text).waitFor();
    expect(await textsOf(again)).toEqual(['Welcome aboard', 'one', 'two', 'three']);
    expect(await again.box.inputValue()).toBe('half a thought');
    await again.box.fill('');
    await again.write('four');

    network.mend();
    await again.message('four').getByRole('img', { name: 'Sent' }).waitFor();
    const expected = ['Welcome aboard', 'one', 'two', 'three', 'four'];
    const { entries } = await server.call(mira, 'getHistory', { conversationId: groupId });
    expect(entries.flatMap((entry) => (entry.kind === 'message' ? [entry.text] : []))).toEqual(expected);
    expect(await textsOf(again)).toEqual(expected);
    await again.page.getByText('No connection').waitFor({ state: 'hidden' });
    const third = await restart(again);
    await third.message('four').waitFor();
    expect(await textsOf(third)).toEqual(expected);
  });

  test('says where it needs the server that it can’t be reached, and recovers after the reconnect', async (scene) => {
    const { ana, network } = scene;
    const { page } = ana;
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
  });
});
