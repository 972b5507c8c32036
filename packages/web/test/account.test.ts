import { expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { describeInBrowser } from './support/browser.ts';
import { PersonInBrowser, password } from './support/person.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

/** Ana and Ben, each in a browser, with a direct chat. */
async function setUp(environment: TestEnvironment) {
  const ben = await environment.signUp('Ben');
  const ana = await environment.signUp('Ana');
  await ana.openDirect('Ben');
  await ana.write('Hello');
  await ben.open('Ana');
  /** Ana in a second browser, with another user agent. */
  const anotherBrowser = async (userAgent: string): Promise<PersonInBrowser> => {
    const { page, context, faults } = await environment.window({ userAgent });
    await page.goto(`${environment.server.url}/login`);
    await logIn(page);
    const other = PersonInBrowser.loggedIn('Ana', context, page, faults);
    await other.inList('Ben').waitFor();
    return other;
  };
  return { ana, ben, anotherBrowser };
}

async function logIn(page: Page, given = password): Promise<void> {
  await page.getByLabel('Username').fill('ana');
  await page.getByLabel('Password', { exact: true }).fill(given);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
}

function settings({ page }: PersonInBrowser): Promise<void> {
  return page.getByRole('link', { name: 'Settings' }).click();
}

describeInBrowser('an account', () => {
  const test = testWith(setUp);

  test('revoking a session ends it at once in its browser', async ({ ana, anotherBrowser }) => {
    const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';
    const other = await anotherBrowser(firefox);
    await settings(ana);
    const sessions = ana.page.getByRole('region', { name: 'Sessions' });
    await sessions.getByRole('listitem').filter({ hasText: 'this device' }).waitFor();
    await sessions.getByRole('button', { name: /^Revoke .*Firefox/ }).click();
    await other.page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    await other.page
      .getByText('Your session has ended: it was revoked on another device, or not used for a long time.')
      .waitFor();
    // Nothing of the account is visible any more.
    expect(await other.page.getByText('Hello').count()).toBe(0);
    await sessions.getByText(/Firefox/).waitFor({ state: 'detached' });
  });

  test('the log-in page says that a session expired after a long time without use', async ({ ana, environment }) => {
    const { users } = environment.server.adapters;
    const account = await users.byUsername('ana');
    const [session] = await users.sessions(account?.id ?? '');
    const { page } = ana;
    await page.goto('about:blank');
    await users.touchSession(account?.id ?? '', session?.id ?? '', Date.now() - 100 * 86_400_000);
    await page.goto(environment.server.url);
    await page
      .getByText('Your session has ended: it was revoked on another device, or not used for a long time.')
      .waitFor();
    expect(await page.getByText('Hello').count()).toBe(0);
  });

  test('a person who follows a link to a conversation gets there after logging in', async ({ ana, environment }) => {
    const { origin } = new URL(ana.page.url());
    await ana.open('Ben');
    const { page } = await environment.window();
    await page.goto(ana.page.url());
    expect(page.url()).toStartWith(`${origin}/c/`);
    await logIn(page);
    await page.getByRole('heading', { level: 1, name: 'Ben' }).waitFor();
  });

  test('changing the password ends all other sessions and keeps this one', async ({ ana, ben, anotherBrowser }) => {
    const other = await anotherBrowser('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0');
    const { page } = ana;
    await settings(ana);
    await page.getByLabel('Current password').fill('not the password');
    await page.getByLabel('New password').fill('a second good one');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByRole('region', { name: 'Change password' }).getByRole('alert').waitFor();
    await page.getByLabel('Current password').fill(password);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Password changed').waitFor();
    await other.page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    await ana.open('Ben');
    await ana.write('Still here');
    await ben.message('Still here').waitFor();
  });

  test('others see a new display name at once', async ({ ana, ben, environment }) => {
    const { page } = ana;
    await ana.open('Ben');
    await ben.open('Ana');
    await settings(ana);
    await page.getByLabel('Display name').fill('Ana Ferreira');
    await page.getByRole('region', { name: 'Account' }).getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved').waitFor();
    await ben.inList('Ana Ferreira').waitFor();
    await ben.page.getByRole('heading', { level: 1, name: 'Ana Ferreira' }).waitFor();
    await ben.page
      .getByRole('article', { name: /Ana Ferreira/ })
      .first()
      .waitFor();
    // A person who was away sees it when they return.
    const conversation = ben.page.url();
    await ben.page.goto('about:blank');
    await page.getByLabel('Display name').fill('Ana F.');
    await page.getByRole('region', { name: 'Account' }).getByRole('button', { name: 'Save' }).click();
    await until(
      'the server to have the name',
      () => environment.server.adapters.users.byUsername('ana'),
      (account) => account?.displayName === 'Ana F.',
    );
    await ben.page.goto(conversation);
    await ben.page.getByRole('heading', { level: 1, name: 'Ana F.' }).waitFor();
    await ben.page
      .getByRole('article', { name: /Ana F\./ })
      .first()
      .waitFor();
  });

  test('a late answer to a log-out does not take the person away who has logged in again', async ({ environment }) => {
    const { page, context, faults } = await environment.window();
    // Requests of a shared worker can't be held.
    await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'SharedWorker'));
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    await page.route('**/v1/logout', async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(`${environment.server.url}/login`);
    await logIn(page);
    const ana = PersonInBrowser.loggedIn('Ana', context, page, faults);
    await ana.inList('Ben').waitFor();
    await settings(ana);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    await logIn(page);
    await ana.open('Ben');
    const answer = page.waitForResponse('**/v1/logout');
    release();
    await (await answer).finished();
    await ana.write('Still here');
    await ana.message('Still here').waitFor();
    expect(faults).toEqual([]);
  });

  test('logging out clears the screen and the drafts', async ({ ana }) => {
    const { page } = ana;
    await ana.open('Ben');
    await ana.box.fill('half a thought');
    await settings(ana);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    expect(await page.getByText('Hello').count()).toBe(0);
    await logIn(page);
    await ana.open('Ben');
    expect(await ana.box.inputValue()).toBe('');
  });
});
