import { expect } from 'bun:test';
import { describeInBrowser, untilCached, withServiceWorker } from './support/browser.ts';
import { PersonInBrowser } from './support/person.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

for (const { what, isShared } of [
  { what: 'several tabs of one browser', isShared: true },
  { what: 'several tabs of a browser without shared workers', isShared: false },
]) {
  /** Ana in three tabs of one browser, with a direct chat with Ben. */
  const setUp = async (environment: TestEnvironment) => {
    const { server } = environment;
    const network = environment.network();
    const ben = await environment.signUp('Ben');
    const { context, page, faults } = await environment.window(withServiceWorker);
    if (!isShared) await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'SharedWorker'));
    const first = await PersonInBrowser.signUpAt(context, page, network.url, 'Ana', faults);
    await untilCached(page);
    await first.openDirect('Ben');
    await first.write('From the first');
    await ben.open('Ana');
    const anotherTab = async () => {
      const tab = first.at(await context.newPage());
      await tab.page.goto(network.url);
      await tab.open('Ben');
      return tab;
    };
    const second = await anotherTab();
    const third = await anotherTab();
    /** Waits until the server has Ben's connection and those of this many tabs. */
    const connected = async (tabs: number) => {
      const expected = 1 + (isShared ? Math.min(tabs, 1) : tabs);
      await until(
        `${expected} connections`,
        async () => (await server.stats()).connections,
        (connections) => connections === expected,
      );
    };
    await connected(3);
    return { network, first, second, third, ben, connected };
  };

  /** Waits until these tabs show exactly these messages. */
  const allShow = async (tabs: readonly PersonInBrowser[], expected: readonly string[]) => {
    for (const tab of tabs) {
      await until(
        `the messages ${expected.join(', ')}`,
        async () => (await tab.page.locator('.message-text').allTextContents()).toSorted().join('\n'),
        (texts) => texts === expected.toSorted().join('\n'),
      );
    }
  };

  describeInBrowser(what, () => {
    const test = testWith(setUp);

    test('all show new messages of any tab, over one connection if the browser allows it', async (scene) => {
      const { first, second, third, ben, connected } = scene;
      await second.write('From the second');
      await ben.write('From Ben');
      await third.write('From the third');
      await allShow([first, second, third, ben], ['From Ben', 'From the first', 'From the second', 'From the third']);
      await connected(3);
    });

    test('messages that each writes without a connection are sent once, although one tab is reloaded', async (scene) => {
      const { network, first, second, third, ben } = scene;
      network.cut();
      for (const tab of [second, third]) await tab.page.getByText('No connection').waitFor();
      await second.write('Away in the second');
      await third.write('Away in the third');
      await second.message('Away in the second').getByRole('img', { name: 'Waiting for the connection' }).waitFor();
      await second.page.reload();
      await second.message('Away in the second').waitFor();
      network.mend();
      await allShow([first, second, third, ben], ['From the first', 'Away in the second', 'Away in the third']);
      await second
        .message('Away in the third')
        .getByRole('img', { name: /Sent|Read/ })
        .waitFor();
    });

    test('all others keep working when the first is closed', async (scene) => {
      const { first, second, third, ben, connected } = scene;
      await first.page.close();
      await ben.write('Are you there?');
      for (const tab of [second, third]) await tab.message('Are you there?').waitFor();
      await third.write('Yes');
      for (const tab of [second, ben]) await tab.message('Yes').waitFor();
      await connected(2);
    });

    test('all log out when one does, and the connection is closed', async ({ second, third, ben, connected }) => {
      await second.page.getByRole('link', { name: 'Settings' }).click();
      await second.page.getByRole('button', { name: 'Log out' }).click();
      for (const tab of [second, third]) await tab.page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
      await connected(0);
      // Tabs with a client of their own notice the end by a request that fails.
      const faults = [...second.faults, ...ben.faults].filter((fault) => isShared || !fault.includes('401'));
      expect(faults).toEqual([]);
    });
  });
}
