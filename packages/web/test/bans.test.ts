import { expect } from 'bun:test';
import { firstLevel } from '../../server/src/platform/features.ts';
import { RunningServer } from '../../server/test/support/running-server.ts';
import { describeInBrowser } from './support/browser.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';

/** Ana, an admin of Mira's channel with Kim, with the channel's details open. */
async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const ana = await environment.signUp('Ana');
  const [mira, kim, lee] = await Promise.all(['mira', 'kim', 'lee'].map((name) => server.person(name)));
  if (!mira || !kim || !lee) throw new Error('there are three people');
  const { id: conversationId } = await server.call(mira, 'createChannel', { name: 'Harbour' });
  const anaId = await environment.idOf('ana');
  await server.call(mira, 'addMembers', { conversationId, userIds: [anaId, kim.account.id] });
  await server.call(mira, 'setRole', { conversationId, userId: anaId, role: 'admin' });
  await ana.open('Harbour');
  await ana.page.getByRole('button', { name: 'Details', exact: true }).click();
  const join = () =>
    server.call(kim, 'joinChannel', { conversationId }).then(
      () => 'joined',
      (error: { code: string }) => error.code,
    );
  return { server, ana, mira, kim, lee, conversationId, join };
}

describeInBrowser('bans', () => {
  const test = testWith(setUp);

  test('a member is banned after a question, listed with who banned, and can join again once it is lifted', async ({
    ana,
    join,
  }) => {
    const { page } = ana;
    const members = page.getByRole('region', { name: 'Members' });
    const dialog = page.getByRole('dialog');
    await members.getByRole('button', { name: /Actions for .*kim/ }).click();
    await page.getByRole('menuitem', { name: 'Ban', exact: true }).click();
    await dialog.getByRole('heading', { name: /Ban .*kim.*\?/ }).waitFor();
    // Cancelling changes nothing.
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await members.getByText('@kim').waitFor();
    await members.getByRole('button', { name: /Actions for .*kim/ }).click();
    await page.getByRole('menuitem', { name: 'Ban', exact: true }).click();
    await dialog.getByRole('button', { name: 'Ban', exact: true }).click();
    await members.getByText('@kim').waitFor({ state: 'detached' });
    await page.getByText(/Ana.* banned .*kim/).waitFor();
    expect(await join()).toBe('banned');

    await page.getByRole('button', { name: 'Banned people' }).click();
    await dialog
      .getByRole('listitem')
      .filter({ hasText: '@kim' })
      .getByText(/banned by .*Ana/)
      .waitFor();
    await dialog.getByRole('button', { name: /Lift ban on .*kim/ }).click();
    await dialog.getByText('Nobody is banned.').waitFor();
    expect(await join()).toBe('joined');
    await page.keyboard.press('Escape');
    await members.getByText('@kim').waitFor();
    await page.getByText(/Ana.* lifted the ban on .*kim/).waitFor();
    expect(ana.faults).toEqual([]);
  });

  test('somebody who is no member is banned beforehand, and bans by others are shown at once', async ({
    ana,
    conversationId,
    kim,
    mira,
    server,
  }) => {
    const { page } = ana;
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Banned people' }).click();
    await dialog.getByText('Nobody is banned.').waitFor();
    await server.call(mira, 'banUser', { conversationId, userId: kim.account.id });
    const ofKim = dialog.getByRole('listitem').filter({ hasText: '@kim' });
    await ofKim.getByText(/banned by .*mira/).waitFor();
    await server.call(mira, 'unbanUser', { conversationId, userId: kim.account.id });
    await ofKim.waitFor({ state: 'detached' });
    await dialog.getByRole('combobox').fill('lee');
    await dialog.getByRole('option', { name: /lee/ }).click();
    await dialog.getByRole('heading', { name: /Ban .*lee.*\?/ }).waitFor();
    await dialog.getByRole('button', { name: 'Ban', exact: true }).click();
    await dialog.getByRole('listitem').filter({ hasText: '@lee' }).waitFor();
    // Adding a banned person says why it is refused.
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Add people' }).click();
    await dialog.getByRole('combobox').fill('lee');
    await dialog.getByRole('option', { name: /lee/ }).click();
    await dialog.getByText('This person is banned here. Lift the ban first.').waitFor();
    expect(ana.faults).toEqual([]);
  });

  test('a banned person loses the conversation, and learns why joining is refused', async ({
    ana,
    conversationId,
    environment,
    mira,
    server,
  }) => {
    const userId = await environment.idOf('ana');
    await server.call(mira, 'banUser', { conversationId, userId });
    await ana.inList('Harbour').waitFor({ state: 'detached' });
    await ana.page.goto(`${server.url}/channels`);
    await ana.page.getByRole('button', { name: 'Join' }).click();
    await ana.page.getByRole('alert').getByText('You are banned from this channel.').waitFor();
    await server.call(mira, 'unbanUser', { conversationId, userId });
    await ana.page.getByRole('button', { name: 'Join' }).click();
    await ana.box.waitFor();
    expect(ana.faults).toEqual([]);
  });

  test('are not offered to members, nor by a server that has not enabled them', async ({ environment, mira }) => {
    const { server } = environment;
    const ben = await environment.signUp('Ben');
    const benId = await environment.idOf('ben');
    await server.call(mira, 'createGroup', { name: 'Crew', userIds: [benId] });
    const before = await RunningServer.start({}, (adapters) =>
      Object.assign(adapters, { featureLevel: async () => firstLevel }),
    );
    environment.atEnd(() => before.stop());
    const dan = await environment.signUp('Dan', before.url);
    const owner = await before.person('owner');
    const dans = (await before.adapters.users.byUsername('dan'))?.id ?? '';
    const { id: conversationId } = await before.call(owner, 'createGroup', { name: 'Crew', userIds: [dans] });
    await before.call(owner, 'setRole', { conversationId, userId: dans, role: 'owner' });
    for (const person of [ben, dan]) {
      await person.open('Crew');
      await person.page.getByRole('button', { name: 'Details', exact: true }).click();
      await person.page.getByRole('region', { name: 'Members' }).getByRole('button').click();
      await person.page.getByRole('menuitem', { name: 'Send a direct message' }).waitFor();
      expect(await person.page.getByRole('menuitem', { name: 'Ban', exact: true }).count()).toBe(0);
      await person.page.keyboard.press('Escape');
      expect(await person.page.getByRole('button', { name: 'Banned people' }).count()).toBe(0);
    }
  });
});
