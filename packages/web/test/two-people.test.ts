import { expect } from 'bun:test';
import type { Person } from '../../server/test/support/running-server.ts';
import { describeInBrowser, withServiceWorker } from './support/browser.ts';
import { choose } from './support/group.ts';
import { recordPassing, untilNoted } from './support/passing.ts';
import { password } from './support/person.ts';
import { clipboardText, untilFocused } from './support/places.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';

/** Ana and Ben, each in a browser of their own. */
async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const signUp = (name: string) => environment.signUp(name, server.url, withServiceWorker);
  return { server, ana: await signUp('Ana'), ben: await signUp('Ben') };
}

/** Ana and Ben with their direct chat open. */
async function setUpTalking(environment: TestEnvironment) {
  const scene = await setUp(environment);
  await scene.ana.openDirect('Ben');
  await scene.ana.write('Hello Ben');
  await scene.ben.open('Ana');
  return scene;
}

describeInBrowser('two people in two browsers', () => {
  const test = testWith(setUp);

  test('find each other and talk: message status, typing and unread count are shown', async ({ ana, ben }) => {
    await ana.openDirect('Ben');
    await ana.write('Hello Ben');
    await ana.page.getByRole('img', { name: 'Sent' }).waitFor();
    await ben.page.getByRole('img', { name: '1 unread message' }).waitFor();
    await ben.page.waitForFunction(() => document.title === '(1) Parley');
    expect(await ben.page.locator('link[rel=icon]').getAttribute('href')).toBe('/icon-unread.svg');
    await ben.open('Ana');
    await ben.message('Hello Ben').waitFor();
    await ana.page.getByRole('img', { name: 'Read', exact: true }).waitFor();
    await ben.page.waitForFunction(() => document.title === 'Parley');
    expect(await ben.page.locator('link[rel=icon]').getAttribute('href')).toBe('/icon.svg');
    // It is shown for some seconds only.
    await Promise.all([ana.page.getByText('Ben⁩ is typing…').waitFor(), ben.box.pressSequentially('Hi')]);
    await ben.box.press('Enter');
    await ana.message('Hi').waitFor();
    expect([...ana.faults, ...ben.faults]).toEqual([]);
  });

  test('create and rename a group, add, promote and remove people, restrict who writes, and leave', async ({
    ana,
    ben,
  }) => {
    const { page } = ana;
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.getByRole('radio', { name: 'Group' }).check({ force: true });
    await page.getByLabel('Name of the group').fill('Kitchen');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { name: 'Kitchen' }).waitFor();
    await page.getByRole('button', { name: 'Details' }).click();
    await page.getByRole('button', { name: 'Add people' }).click();
    await page.getByRole('combobox', { name: 'Search by name' }).fill('ben');
    await page.getByRole('option', { name: /Ben/ }).click();
    const benLine = page.getByRole('region', { name: 'Members' }).getByRole('listitem').filter({ hasText: 'Ben' });
    await benLine.waitFor();
    await ben.open('Kitchen');
    await benLine.getByRole('button', { name: /Actions for/ }).click();
    await page.getByRole('menuitem', { name: 'Make admin' }).click();
    await benLine.getByText('admin').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('Pantry');
    await page.getByLabel('Only owners and admins can write').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await ben.page.getByRole('heading', { name: 'Pantry' }).waitFor();
    await benLine.getByRole('button', { name: /Actions for/ }).click();
    await page.getByRole('menuitem', { name: 'Make member' }).click();
    await ben.page.getByText('Only owners and admins can write here.').waitFor();
    await benLine.getByRole('button', { name: /Actions for/ }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await ben.page.getByText('You are not in this conversation').waitFor();
    await page.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click();
    await page.getByText('Start a conversation').waitFor();
  });

  test('create, find and join a channel, follow a link to a message, and ban', async ({ ana, ben }) => {
    const { page } = ana;
    await recordPassing(page);
    await page.getByRole('link', { name: 'Browse channels' }).click();
    await page.getByText('No channels yet').waitFor();
    await page.getByRole('button', { name: 'Make a channel' }).click();
    await page.getByLabel('Name of the channel').fill('Weather');
    await page.getByRole('button', { name: 'Create' }).click();
    await ana.write('Rain all day');
    await ben.page.keyboard.press('Control+k');
    await ben.page.getByRole('combobox').fill('wea');
    await ben.page.getByRole('option', { name: /Weather/ }).waitFor();
    await ben.page.keyboard.press('Enter');
    await ben.message('Rain all day').waitFor();
    await ana.page.getByText('2 members').waitFor();
    await ana.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await choose(ana, ana.message('Rain all day'), 'Copy link');
    await untilNoted(page, 'Link copied');
    await ben.page.goto(await clipboardText(page));
    await untilFocused('the message of the link', ben.message('Rain all day'));
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    await page.getByRole('button', { name: /^Actions for ⁨Ben⁩$/ }).click();
    await page.getByRole('menuitem', { name: 'Ban', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Ban', exact: true }).click();
    await ben.page.getByRole('button', { name: 'Join' }).click();
    await ben.page.getByText('You are banned from this channel.').waitFor();
    expect([...ana.faults, ...ben.faults]).toEqual([]);
  });

  test('change display name and password, revoke sessions, and log out and in', async ({ ana, ben, server }) => {
    await ana.openDirect('Ben');
    await ana.write('Hello Ben');
    const { page } = ben;
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('Display name').fill('Benjamin');
    await page.getByRole('region', { name: 'Account' }).getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved').waitFor();
    await server.call({ token: '' } as Person, 'login', {
      username: 'ben',
      password,
      device: 'Old phone',
    });
    await page.reload();
    await page.getByRole('button', { name: 'Revoke ⁨Old phone⁩' }).click();
    await page.getByText('Old phone').waitFor({ state: 'detached' });
    await page.getByLabel('Current password').fill(password);
    await page.getByLabel('New password').fill('another good one');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Password changed').waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Username').fill('ben');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await page.getByText('The username or the password is wrong.').waitFor();
    await page.getByLabel('Password', { exact: true }).fill('another good one');
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await ben.inList('Ana').waitFor();
  });
});

describeInBrowser('two people who talk', () => {
  const test = testWith(setUpTalking);

  test('see each text literally, with code, links, lines and both directions', async ({ ana, ben }) => {
    const markup = '<img src=x onerror=alert(1)><b>bold</b>';
    await ana.write(markup);
    await ben.message(markup).waitFor();
    expect(await ben.message(markup).locator('b, img[src]').count()).toBe(0);
    await ana.write('```js\nif (a < b) {\n  c();\n}\n```');
    expect(await ben.page.locator('pre').textContent()).toBe('if (a < b) {\n  c();\n}');
    await ana.write('see https://example.org/a?b=1. and javascript:alert(1)');
    const link = ben.page.getByRole('link', { name: 'https://example.org/a?b=1', exact: true });
    await link.waitFor();
    expect(await link.getAttribute('href')).toBe('https://example.org/a?b=1');
    expect(await link.getAttribute('rel')).toContain('noopener');
    expect(await ben.page.locator('a[href^="javascript"]').count()).toBe(0);
    await ana.box.fill('one');
    await ana.box.press('Shift+Enter');
    await ana.box.pressSequentially('two');
    await ana.box.press('Enter');
    await ben.message('one\ntwo').waitFor();
    await ana.write('שלום עולם');
    const isRightToLeft = await ben
      .message('שלום')
      .locator('.message-text')
      .evaluate((element) => element.matches(':dir(rtl)'));
    expect(isRightToLeft).toBe(true);
  });

  test('keep a draft per conversation', async ({ ana }) => {
    await ana.box.fill('half a thought');
    await ana.page.getByRole('link', { name: 'Settings' }).click();
    await ana.page.getByText('Draft: ⁨half a thought⁩').waitFor();
    await ana.page.reload();
    await ana.open('Ben');
    expect(await ana.box.inputValue()).toBe('half a thought');
    await ana.box.fill('');
  });

  test('see how many characters are left, counted as the server does, which accepts the longest text', async ({
    ana,
    ben,
  }) => {
    await ana.box.fill('😀'.repeat(9_999));
    await ana.page.getByText('1 character left').waitFor();
    await ana.box.fill('😀'.repeat(10_001));
    await ana.page.getByText('1 character too many').waitFor();
    expect(await ana.page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    // A letter with a combining mark counts as two: the server counts code points.
    await ana.box.fill('e\u0301'.repeat(5_001));
    await ana.page.getByText('2 characters too many').waitFor();
    await ana.write('😀'.repeat(10_000));
    await ben.message('😀'.repeat(10_000)).waitFor();
  });
});
