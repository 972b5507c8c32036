import { expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { describeInBrowser } from './support/browser.ts';
import { PersonInBrowser } from './support/person.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';

/** Ana, in a browser in which the test can hold back answers to searches. */
async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const { context, page, faults } = await environment.window();
  // Playwright can't hold requests of a shared worker.
  await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'SharedWorker'));
  const ana = await PersonInBrowser.signUpAt(context, page, server.url, 'Ana', faults);
  const ben = await server.person('ben');
  return { ana, ben, page, server };
}

/** Holds back answers to searches until `release` is called. */
async function holdSearches(page: Page, path: string) {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const { promise: asked, resolve: wasAsked } = Promise.withResolvers<void>();
  await page.route(`**${path}?**`, async (route) => {
    wasAsked();
    await held;
    await route.continue();
  });
  return { asked, release };
}

const search = (page: Page) => page.getByRole('combobox', { name: 'Search by name' });

async function beginGroup(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New conversation' }).click();
  await page.getByRole('radio', { name: 'Group' }).check({ force: true });
  await page.getByLabel('Name of the group').fill('Kitchen');
}

describeInBrowser('Enter before the search results arrive', () => {
  const test = testWith(setUp);

  test('in the people field of a new group chooses the person once found, and creates no group', async ({
    ana,
    page,
  }) => {
    await beginGroup(page);
    const { asked, release } = await holdSearches(page, '/v1/users');
    await search(page).fill('ben');
    await search(page).press('Enter');
    await asked;
    await search(page).press('Enter');
    await page.getByRole('dialog').waitFor();
    release();
    await page.getByRole('list', { name: 'Chosen' }).getByText('ben').waitFor();
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { level: 1, name: 'Kitchen' }).waitFor();
    await page.getByText('2 members').waitFor();
    // Throws if there are two.
    await ana.inList('Kitchen').waitFor();
  });

  test('with an unknown name creates no group, and neither does Create while the name is in the field', async ({
    ana,
    page,
  }) => {
    await beginGroup(page);
    await search(page).fill('nobody');
    await search(page).press('Enter');
    await page.getByText('Nobody is called “⁨nobody⁩” here.').waitFor();
    await search(page).press('Enter');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByLabel('Name of the group').press('Enter');
    expect(await search(page).evaluate((field: HTMLInputElement) => field.validationMessage)).toMatch(/^Choose/);
    expect(await ana.page.getByRole('heading', { level: 1, name: 'Kitchen' }).count()).toBe(0);
    await search(page).fill('');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { level: 1, name: 'Kitchen' }).waitFor();
  });

  test('when adding people adds the person once found', async ({ page }) => {
    await beginGroup(page);
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    await page.getByRole('button', { name: 'Add people' }).click();
    const { asked, release } = await holdSearches(page, '/v1/users');
    await search(page).fill('ben');
    await search(page).press('Enter');
    await asked;
    release();
    await page.getByRole('region', { name: 'Members' }).getByText('@ben').waitFor();
  });

  test('in the quick switcher opens a result of the current text, never one of an earlier text', async ({
    ben,
    page,
    server,
  }) => {
    await server.call(ben, 'createChannel', { name: 'Weather' });
    await server.call(ben, 'createChannel', { name: 'Wedding' });
    await page.keyboard.press('Control+k');
    const box = page.getByRole('combobox', { name: 'People, groups and channels' });
    await box.fill('weat');
    await page.getByRole('option', { name: 'Weather' }).waitFor();
    const { release } = await holdSearches(page, '/v1/channels');
    await box.fill('wedd');
    await box.press('Enter');
    release();
    await page.getByRole('heading', { level: 1, name: 'Wedding' }).waitFor();
  });

  test('is ignored if the text changes before the results arrive', async ({ page }) => {
    await beginGroup(page);
    const { asked, release } = await holdSearches(page, '/v1/users');
    await search(page).fill('b');
    await search(page).press('Enter');
    await asked;
    await search(page).fill('be');
    release();
    await page.getByRole('option', { name: /ben/ }).waitFor();
    expect(await page.getByRole('list', { name: 'Chosen' }).count()).toBe(0);
  });

  test('pressed several times creates one group', async ({ ana, page }) => {
    await beginGroup(page);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    let asked = 0;
    await page.route('**/v1/groups', async (route) => {
      asked++;
      await held;
      await route.continue();
    });
    for (let presses = 0; presses < 3; presses++) await page.getByLabel('Name of the group').press('Enter');
    release();
    await page.getByRole('heading', { level: 1, name: 'Kitchen' }).waitFor();
    // Throws if there are two.
    await ana.inList('Kitchen').waitFor();
    expect(asked).toBe(1);
  });
});
