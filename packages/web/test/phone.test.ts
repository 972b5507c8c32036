import { expect } from 'bun:test';
import { describeWith, wholeChromium } from './support/browser.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';

/** Ana with a phone, and Ben with a large screen. */
async function setUp(environment: TestEnvironment) {
  const network = environment.network();
  const ben = await environment.signUp('Ben');
  const viewport = { width: 390, height: 844 };
  const ana = await environment.signUp('Ana', network.url, { viewport, hasTouch: true });
  return { ana, ben, network };
}

describeWith([wholeChromium], 'on a phone', () => {
  const test = testWith(setUp, { program: wholeChromium });

  test('a new person is guided to the first conversation', async ({ ana, ben }) => {
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
    // The offer of notifications after the first message is shown here too.
    await page.getByRole('button', { name: 'Not now' }).tap();
    expect(await page.getByRole('heading', { name: 'Start a conversation' }).count()).toBe(0);
  });

  test('the list says that there is no connection, and recovers by itself', async ({ ana, ben, network }) => {
    await ben.openDirect('Ana');
    await ben.write('Hello');
    await ana.inList('Ben').waitFor();
    network.cut();
    await ana.page.getByText('No connection').waitFor();
    // Each attempt to connect changes its text.
    const bar = ana.page.locator('.connection-bar:not([hidden])');
    // The bar stays while the person goes to a conversation and back.
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
