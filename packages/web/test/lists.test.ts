import { expect } from 'bun:test';
import type { Locator } from 'playwright-core';
import { systemIds, tokenHash } from '../../server/src/platform/ids.ts';
import { describeInBrowser } from './support/browser.ts';
import { type TestEnvironment, testWith } from './support/test-environment.ts';

/** Loads a list to its end with its button, and returns the texts of all items. */
async function toTheEnd(within: Locator, items: Locator): Promise<string[]> {
  const more = within.getByRole('button', { name: 'Show more' });
  await items.first().waitFor();
  for (let page = 0; page < 20 && (await more.count()) > 0; page++) {
    const before = await items.count();
    await more.click();
    await items.nth(before).waitFor();
  }
  return items.allTextContents();
}

async function setUp(environment: TestEnvironment) {
  const { server } = environment;
  const ana = await environment.signUp('Ana');
  return { ana, anaId: await environment.idOf('ana'), mira: await server.person('mira'), server };
}
type Scene = Awaited<ReturnType<typeof setUp>>;

/** Mira creates a group with Ana and these people, and Ana opens it. */
async function makeGroup({ ana, anaId, mira, server }: Scene, userIds: string[]): Promise<string> {
  const { id } = await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] });
  for (let from = 0; from < userIds.length; from += 100) {
    await server.call(mira, 'addMembers', { conversationId: id, userIds: userIds.slice(from, from + 100) });
  }
  await ana.open('Harbour');
  return id;
}

async function makeChannels({ mira, server }: Scene, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await server.call(mira, 'createChannel', { name: `Room ${index}`, clientRequestId: `room-${index}` });
  }
}

/** Stores sessions of Ana on other devices, without the password hashing of a log-in. */
async function makeSessions({ anaId, server }: Scene, count: number): Promise<void> {
  const nowMs = Date.now();
  const common = { userId: anaId, createdAtMs: nowMs, lastUsedAtMs: nowMs };
  for (let index = 1; index <= count; index++) {
    const session = { ...common, id: systemIds.uuid(), device: `Phone ${index}` };
    await server.adapters.users.createSession(session, tokenHash(systemIds.token()));
  }
}

for (const count of [51, 201]) {
  describeInBrowser(`lists of ${count}`, () => {
    const test = testWith(setUp);

    test('all members are listed, and stay listed when one changes', async (scene) => {
      const { ana, mira, server } = scene;
      const userIds = (await server.people('person', count)).map(({ account }) => account.id);
      const groupId = await makeGroup(scene, userIds);
      await ana.page.getByRole('button', { name: 'Details', exact: true }).click();
      const members = ana.page.getByRole('region', { name: 'Members' });
      const items = members.getByRole('listitem');
      expect(await toTheEnd(members, items)).toHaveLength(count + 2);
      const [changed = ''] = userIds;
      await server.call(mira, 'setRole', { conversationId: groupId, userId: changed, role: 'admin' });
      await items.filter({ hasText: '@person0 · admin' }).waitFor();
      expect(await items.count()).toBe(count + 2);
      await server.call(mira, 'removeMember', { conversationId: groupId, userId: changed });
      await items.filter({ hasText: '@person0 ·' }).waitFor({ state: 'detached' });
      expect(await items.count()).toBe(count + 1);
    });

    test('all banned people are listed', async (scene) => {
      const { ana, anaId, mira, server } = scene;
      const conversationId = await makeGroup(scene, []);
      await server.call(mira, 'setRole', { conversationId, userId: anaId, role: 'admin' });
      for (const { account } of await server.people('person', count)) {
        await server.call(mira, 'banUser', { conversationId, userId: account.id });
      }
      await ana.page.getByRole('button', { name: 'Details', exact: true }).click();
      await ana.page.getByRole('button', { name: 'Banned people' }).click();
      const dialog = ana.page.getByRole('dialog');
      expect(await toTheEnd(dialog, dialog.getByRole('listitem'))).toHaveLength(count);
    });

    test('all people found for a new conversation are listed', async ({ ana, server }) => {
      await server.people('person', count);
      await ana.page.getByRole('button', { name: 'New conversation' }).click();
      const dialog = ana.page.getByRole('dialog');
      await dialog.getByRole('combobox').fill('person');
      expect(await toTheEnd(dialog, dialog.getByRole('option'))).toHaveLength(count);
    });

    test('the quick switcher lists all people and channels found, by keyboard too', async (scene) => {
      const { ana, server } = scene;
      await server.people('person', count);
      await makeChannels(scene, count);
      await ana.page.keyboard.press('Control+k');
      const dialog = ana.page.getByRole('dialog');
      const options = dialog.getByRole('option');
      await dialog.getByRole('combobox').fill('room');
      expect(await toTheEnd(dialog, options)).toHaveLength(count);
      await dialog.getByRole('combobox').fill('person');
      await options.filter({ hasText: '@person' }).first().waitFor();
      for (let at = 1; at < count; at++) {
        await ana.page.keyboard.press('ArrowDown');
        // Unlike a role, a selector is found without computing the names of 200 elements each time.
        await ana.page.locator('[role=option]').nth(at).waitFor();
      }
      expect(await options.count()).toBe(count);
    });

    test('all channels are listed', async (scene) => {
      const { ana } = scene;
      await makeChannels(scene, count);
      await ana.page.getByRole('link', { name: 'Browse channels' }).click();
      const main = ana.page.getByRole('main');
      expect(await toTheEnd(main, main.getByRole('listitem'))).toHaveLength(count);
    });

    test('all sessions are listed', async (scene) => {
      const { ana } = scene;
      await makeSessions(scene, count - 1);
      await ana.page.getByRole('link', { name: 'Settings' }).click();
      const sessions = ana.page.getByRole('region', { name: 'Sessions' });
      await sessions.getByText(`Phone ${count - 1}`, { exact: true }).waitFor();
      expect(await sessions.getByRole('listitem').count()).toBe(count);
      expect(ana.faults).toEqual([]);
    });

    test('all conversations are listed', async ({ ana, anaId, environment, server }) => {
      for (const person of await server.people('person', count)) {
        const { id } = await server.call(person, 'openDirect', { userId: anaId });
        await environment.say(person, id, 'Hello');
      }
      await ana.page.reload();
      const filter = ana.page.getByRole('searchbox', { name: 'Filter conversations' });
      for (const at of [0, count - 1]) {
        await filter.fill(`person${at}`);
        await ana.inList(`person${at}`).waitFor();
      }
    });
  });
}
