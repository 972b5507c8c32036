import { expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { describeInBrowser } from './support/browser.ts';
import { PersonInBrowser } from './support/person.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';
import { until } from './support/until.ts';

/** Ana with the direct chat with Ben open; Mira's group is in her list. `isShared`: whether her tabs share a worker. */
async function setUp(environment: TestEnvironment, isShared = false) {
  const { server } = environment;
  const network = environment.network();
  const mira = await server.person('mira');
  const ben = await server.person('ben');
  const { context, page, faults } = await environment.window();
  // Requests of a shared worker can't be held.
  if (!isShared) await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'SharedWorker'));
  const ana = await PersonInBrowser.signUpAt(context, page, network.url, 'Ana', faults);
  const anaId = await environment.idOf('ana');
  const { id: groupId } = await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] });
  await server.call(mira, 'setRole', { conversationId: groupId, userId: anaId, role: 'admin' });
  await ana.openDirect('ben');
  await ana.inList('Harbour').waitFor();
  return { ana, anaId, ben, groupId, mira, network, page, server };
}

/** Holds the requests for this path until `release` is called. `asked` resolves when there is one. */
async function holdRequests(page: Page, path: string) {
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  await page.route(`**${path}`, async (route) => {
    asked.resolve();
    await released.promise;
    await route.continue();
  });
  return { asked: asked.promise, release: () => released.resolve() };
}

describeInBrowser('an answer that comes after the person went on', () => {
  const test = testWith((environment) => setUp(environment));
  const words = 'Only for Ben';

  /** Ana writes to Ben. Checks that she still does after `release` and `learnt`. */
  async function goesOnWriting(ana: PersonInBrowser, release: () => void, learnt: () => Promise<void>) {
    await ana.box.fill(words);
    const address = ana.page.url();
    release();
    await learnt();
    expect(ana.page.url()).toBe(address);
    expect(await ana.box.inputValue()).toBe(words);
  }

  test('opens no conversation when its dialog was closed', async ({ ana, page }) => {
    const { asked, release } = await holdRequests(page, '/v1/direct');
    await page.keyboard.press('Control+k');
    const dialog = page.getByRole('dialog', { name: 'Jump to…' });
    await dialog.getByRole('combobox').fill('mira');
    await dialog.getByRole('option', { name: /mira/ }).click();
    await asked;
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await goesOnWriting(ana, release, () => ana.inList('mira').waitFor());
    expect(ana.faults).toEqual([]);
  });

  test('opens no conversation with a member whose group is no longer open', async ({ ana, page }) => {
    await ana.open('Harbour');
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    const { asked, release } = await holdRequests(page, '/v1/direct');
    await page.getByRole('button', { name: /^Actions for .*mira/ }).click();
    await page.getByRole('menuitem', { name: 'Send a direct message' }).click();
    await asked;
    await ana.open('ben');
    await goesOnWriting(ana, release, () => ana.inList('mira').waitFor());
    expect(ana.faults).toEqual([]);
  });

  test('does not close another conversation than the one that the person left', async ({ ana, page }) => {
    await ana.open('Harbour');
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    const { asked, release } = await holdRequests(page, '/leave');
    await page.getByRole('button', { name: 'Leave' }).click();
    await page
      .getByRole('dialog', { name: /^Leave .*Harbour/ })
      .getByRole('button', { name: 'Leave' })
      .click();
    await asked;
    await page.keyboard.press('Escape');
    await ana.open('ben');
    await goesOnWriting(ana, release, () => ana.inList('Harbour').waitFor({ state: 'hidden' }));
  });

  test('saves what was sent, and keeps what was edited since', async ({ ana, groupId, mira, page, server }) => {
    await ana.open('Harbour');
    await page.getByRole('button', { name: 'Details', exact: true }).click();
    const details = page.getByRole('complementary', { name: 'Details' });
    const { asked, release } = await holdRequests(page, `/v1/conversations/${groupId}`);
    await details.getByLabel('Name').fill('Old harbour');
    await details.getByLabel('Description').fill('Cranes');
    await details.getByRole('button', { name: 'Save' }).click();
    await asked;
    await details.getByLabel('Description').fill('Cranes, boats');
    release();
    await details.getByText('Saved').waitFor();
    expect(await details.getByLabel('Description').inputValue()).toBe('Cranes, boats');
    const saved = () => server.call(mira, 'getConversation', { conversationId: groupId });
    expect(await saved()).toMatchObject({ name: 'Old harbour', description: 'Cranes' });
    await details.getByRole('button', { name: 'Save' }).click();
    const { name } = await until('the second change', saved, ({ description }) => description === 'Cranes, boats');
    expect(name).toBe('Old harbour');
  });
});

describeInBrowser('the form of a new group', () => {
  const test = testWith((environment) => setUp(environment));

  async function fill(page: Page) {
    await page.getByRole('button', { name: 'New conversation' }).click();
    const dialog = page.getByRole('dialog', { name: 'New conversation' });
    await dialog.getByRole('radio', { name: 'Group' }).check();
    await dialog.getByLabel('Name of the group').fill('Climbers');
    await dialog.getByRole('combobox').fill('mira');
    await dialog.getByRole('option', { name: /mira/ }).click();
    return dialog;
  }

  test('creates one group when the answer was lost and Create is pressed again', async ({
    ana,
    mira,
    page,
    server,
  }) => {
    await page.route('**/v1/groups', async (route) => {
      await route.fetch();
      await route.abort();
    });
    const dialog = await fill(page);
    const create = dialog.getByRole('button', { name: 'Create' });
    await create.click();
    await dialog.getByText('The server can’t be reached. Try again in a moment.').waitFor();
    await page.unroute('**/v1/groups');
    await create.click();
    await page.getByRole('heading', { level: 1, name: 'Climbers' }).waitFor();
    const { conversations } = await server.call(mira, 'getHomepage', {});
    expect(conversations.filter(({ name }) => name === 'Climbers')).toHaveLength(1);
    // An edited form creates something else.
    const another = await fill(page);
    await another.getByRole('button', { name: 'Create' }).click();
    await ana.inList('Climbers').nth(1).waitFor();
  });

  test('stays as it is when the keys that jump to a conversation are pressed', async ({ ana, page }) => {
    const dialog = await fill(page);
    const name = dialog.getByLabel('Name of the group');
    await name.press('Control+k');
    await name.press('End');
    await name.pressSequentially('!');
    expect(await name.inputValue()).toBe('Climbers!');
    await dialog.getByRole('button', { name: /^Remove .*mira/ }).waitFor();
    await dialog.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { level: 1, name: 'Climbers!' }).waitFor();
    await ana.box.press('Control+k');
    await page.getByRole('dialog', { name: 'Jump to…' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Jump to…' }).waitFor({ state: 'hidden' });
  });
});

describeInBrowser('the list of conversations in two tabs', () => {
  const test = testWith((environment) => setUp(environment, true));

  test('shows a newer answer in place of a message that was sent in another tab', async (scene) => {
    const { ana, anaId, ben, network, page, environment, server } = scene;
    const other = ana.at(await ana.context.newPage());
    await other.page.goto(network.url);
    await other.inList('ben').waitFor();
    await ana.write('See you at 5');
    await other
      .inList('ben')
      .getByText(/^You: .*See you at 5/)
      .waitFor();
    const { id } = await server.call(ben, 'openDirect', { userId: anaId });
    await environment.say(ben, id, 'No! Come at 4');
    await ana.message('No! Come at 4').waitFor();
    await other.inList('ben').getByText('No! Come at 4').waitFor();
    await ana.open('Harbour');
    await environment.say(ben, id, 'Or at 3');
    for (const one of [ana, other]) await one.inList('ben').getByText('Or at 3').waitFor();
    expect(page.url()).toContain('/c/');
  });
});

describeInBrowser('the list of conversations', () => {
  const test = testWith((environment) => setUp(environment));

  test('marks a message that was not sent, and shows newer ones of others', async (scene) => {
    const { ana, groupId, mira, network, page, environment, server } = scene;
    await ana.open('Harbour');
    await server.call(mira, 'setRole', {
      conversationId: groupId,
      userId: await environment.idOf('ana'),
      role: 'member',
    });
    network.cut();
    await page.getByText('No connection').waitFor();
    await ana.write('Too late');
    await ana
      .inList('Harbour')
      .getByText(/^You: .*Too late/)
      .waitFor();
    await server.call(mira, 'updateConversation', { conversationId: groupId, announceOnly: true });
    network.mend();
    await ana
      .message('Too late')
      .getByText(/^Not sent/)
      .waitFor();
    await environment.say(mira, groupId, 'Closed');
    await ana.inList('Harbour').getByText('Closed').waitFor();
  });

  test('sends what was not stored when the browser ended, whichever conversation is opened', async (scene) => {
    const { ana, anaId, groupId, mira, page, server } = scene;
    const taken = { text: 'Nearly lost', clientMessageId: 'lost-1', write: 2, writers: ['gone'], isKept: false };
    const draft = { text: '', writes: { gone: 2 }, taken: { gone: taken } };
    await page.evaluate(
      ([key, value]) => localStorage.setItem(key as string, value as string),
      [`parley-draft ${anaId} ${groupId}`, JSON.stringify(draft)],
    );
    await page.reload();
    await ana
      .inList('Harbour')
      .getByText(/^You: .*Nearly lost/)
      .waitFor();
    await ana.open('Harbour');
    await ana.message('Nearly lost').getByRole('img', { name: 'Sent' }).waitFor();
    const { entries } = await server.call(mira, 'getHistory', { conversationId: groupId });
    const texts = entries.flatMap((entry) => (entry.kind === 'message' ? [entry.text] : []));
    expect(texts).toEqual(['Nearly lost']);
    // The server may have the message before the page knows that it is stored.
    await until(
      'no draft',
      () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('parley-draft '))),
      (keys) => keys.length === 0,
    );
  });
});
