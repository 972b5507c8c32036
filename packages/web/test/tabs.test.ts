import { afterAll, beforeAll, expect, test } from 'bun:test';
import { RunningServer } from '../../server/test/support/running-server.ts';
import { browserOfFile, describeInBrowser, openWindow } from './support/browser.ts';
import { Network } from './support/network.ts';
import { PersonInBrowser } from './support/person.ts';

const browser = browserOfFile();

for (const { what, isShared } of [
  { what: 'several tabs of one browser', isShared: true },
  { what: 'several tabs of a browser without shared workers', isShared: false },
]) {
  let server: RunningServer;
  let network: Network;
  /** One person in three tabs of one browser. */
  let first: PersonInBrowser;
  let second: PersonInBrowser;
  let third: PersonInBrowser;
  let ben: PersonInBrowser;

  const anotherTab = async () => {
    const page = await first.context.newPage();
    await page.goto(network.url);
    const tab = first.at(page);
    await tab.open('Ben');
    return tab;
  };
  /** Ben's connection, and those of so many tabs. */
  const connectionsOf = (tabs: number) => 1 + (isShared ? Math.min(tabs, 1) : tabs);
  const untilConnected = async (tabs: number) => {
    while ((await server.stats()).connections !== connectionsOf(tabs)) await new Promise(setImmediate);
  };
  const allShow = async (tabs: readonly PersonInBrowser[], expected: readonly string[]) => {
    for (const tab of tabs) {
      for (const text of expected) await tab.message(text).waitFor();
      const texts = await tab.page.locator('.message-text').allTextContents();
      expect(texts.toSorted()).toEqual(expected.toSorted());
    }
  };

  describeInBrowser(what, () => {
    beforeAll(async () => {
      server = await RunningServer.start();
      network = new Network(Number(new URL(server.url).port));
      ben = await PersonInBrowser.signUp(await browser(), server.url, 'Ben');
      const { context, page, faults } = await openWindow(await browser());
      if (!isShared) await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'SharedWorker'));
      first = await PersonInBrowser.signUpAt(context, page, network.url, 'Ana', faults);
      await first.openDirect('Ben');
      await first.write('From the first');
      await ben.open('Ana');
      second = await anotherTab();
      third = await anotherTab();
    });
    afterAll(async () => {
      network.close();
      await server.stop();
    });

    test('have one connection between them where they can', async () => {
      await untilConnected(3);
    });

    test('all are live, whichever of them writes', async () => {
      await second.write('From the second');
      await ben.write('From Ben');
      await third.write('From the third');
      await allShow([first, second, third, ben], ['From Ben', 'From the first', 'From the second', 'From the third']);
      expect((await server.stats()).connections).toBe(connectionsOf(3));
    });

    test('what each writes without a connection goes out once, though one of them is loaded again', async () => {
      network.cut();
      for (const tab of [second, third]) await tab.page.getByText('No connection').waitFor();
      await second.write('Away in the second');
      await third.write('Away in the third');
      await second.message('Away in the second').getByRole('img', { name: 'Waiting for the connection' }).waitFor();
      await second.page.reload();
      await second.message('Away in the second').waitFor();
      network.mend();
      const before = ['From Ben', 'From the first', 'From the second', 'From the third'];
      await allShow([first, second, third, ben], [...before, 'Away in the second', 'Away in the third']);
      await second
        .message('Away in the third')
        .getByRole('img', { name: /Sent|Read/ })
        .waitFor();
    });

    test('the one that came first is closed: the others go on', async () => {
      await first.page.close();
      await ben.write('Are you there?');
      for (const tab of [second, third]) await tab.message('Are you there?').waitFor();
      await third.write('Yes');
      for (const tab of [second, ben]) await tab.message('Yes').waitFor();
      await untilConnected(2);
    });

    test('one logs out: so do the others, and the connection ends', async () => {
      await second.page.getByRole('link', { name: 'Settings' }).click();
      await second.page.getByRole('button', { name: 'Log out' }).click();
      for (const tab of [second, third]) await tab.page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
      await untilConnected(0);
      // The tabs that have a client each hear of the end by asking.
      const faults = [...second.faults, ...ben.faults].filter((fault) => isShared || !fault.includes('401'));
      expect(faults).toEqual([]);
    });
  });
}
