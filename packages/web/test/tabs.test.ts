import { afterAll, beforeAll, expect, test } from 'bun:test';
import { RunningServer } from '../../server/test/support/running-server.ts';
import { browserOfFile, describeInBrowser } from './support/browser.ts';
import { PersonInBrowser } from './support/person.ts';

const browser = browserOfFile();
let server: RunningServer;
/** One person in three tabs of one browser. */
let first: PersonInBrowser;
let second: PersonInBrowser;
let third: PersonInBrowser;
let ben: PersonInBrowser;

async function anotherTab(): Promise<PersonInBrowser> {
  const page = await first.context.newPage();
  await page.goto(server.url);
  const tab = first.at(page);
  await tab.open('Ben');
  return tab;
}

describeInBrowser('several tabs of one browser', () => {
  beforeAll(async () => {
    server = await RunningServer.start();
    ben = await PersonInBrowser.signUp(await browser(), server.url, 'Ben');
    first = await PersonInBrowser.signUp(await browser(), server.url, 'Ana');
    await first.openDirect('Ben');
    await first.write('From the first');
    await ben.open('Ana');
    second = await anotherTab();
    third = await anotherTab();
  });
  afterAll(() => server.stop());

  test('have one connection between them', async () => {
    // Ana's and Ben's.
    expect((await server.stats()).connections).toBe(2);
  });

  test('all are live, whichever of them writes', async () => {
    await second.write('From the second');
    await ben.write('From Ben');
    await third.write('From the third');
    for (const tab of [first, second, third, ben]) {
      await tab.message('From the third').waitFor();
      const texts = await tab.page.locator('.message-text').allTextContents();
      expect(texts.toSorted()).toEqual(['From Ben', 'From the first', 'From the second', 'From the third']);
    }
  });

  test('the one that came first is closed: the others go on', async () => {
    await first.page.close();
    await ben.write('Are you there?');
    for (const tab of [second, third]) await tab.message('Are you there?').waitFor();
    await third.write('Yes');
    for (const tab of [second, ben]) await tab.message('Yes').waitFor();
    expect((await server.stats()).connections).toBe(2);
  });

  test('one logs out: so do the others, and the connection ends', async () => {
    await second.page.getByRole('link', { name: 'Settings' }).click();
    await second.page.getByRole('button', { name: 'Log out' }).click();
    for (const tab of [second, third]) await tab.page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    expect((await server.stats()).connections).toBe(1);
    expect([...second.faults, ...ben.faults]).toEqual([]);
  });
});
