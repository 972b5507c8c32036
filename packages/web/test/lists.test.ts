import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Locator } from 'playwright-core';
import { systemIds, tokenHash } from '../../server/src/platform/ids.ts';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import { browserOfFile, describeInBrowser } from './support/browser.ts';
import { PersonInBrowser } from './support/person.ts';

const browser = browserOfFile();

/** Goes through a list to its end, by its button, and returns what it lists then. */
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

for (const count of [51, 201]) {
  describeInBrowser(`lists of ${count}`, () => {
    let server: RunningServer;
    let mira: Person;
    let people: Person[];
    let groupId: string;
    let ana: PersonInBrowser;

    beforeAll(async () => {
      server = await RunningServer.start();
      ana = await PersonInBrowser.signUp(await browser(), server.url, 'Ana');
      mira = await server.person('mira');
      people = await server.people('person', count);
      const userIds = people.map(({ account }) => account.id);
      const anaId = (await server.call(mira, 'userSearch', { q: 'ana' })).users[0]?.id ?? '';
      groupId = (await server.call(mira, 'createGroup', { name: 'Harbour', userIds: [anaId] })).id;
      for (let from = 0; from < count; from += 100) {
        await server.call(mira, 'addMembers', { conversationId: groupId, userIds: userIds.slice(from, from + 100) });
      }
      for (let index = 0; index < count; index++) {
        await server.call(mira, 'createChannel', { name: `Room ${index}`, clientRequestId: `room-${index}` });
      }
      const nowMs = Date.now();
      for (let index = 1; index < count; index++) {
        const session = {
          id: systemIds.uuid(),
          userId: anaId,
          device: `Phone ${index}`,
          createdAtMs: nowMs,
          lastUsedAtMs: nowMs,
        };
        await server.adapters.users.createSession(session, tokenHash(systemIds.token()));
      }
      await ana.open('Harbour');
    });
    afterAll(() => server.stop());

    test('members are gone through to the end, and stay shown when one changes', async () => {
      await ana.page.getByRole('button', { name: 'Details', exact: true }).click();
      const members = ana.page.getByRole('region', { name: 'Members' });
      const items = members.getByRole('listitem');
      expect(await toTheEnd(members, items)).toHaveLength(count + 2);
      const [changed] = people;
      if (!changed) throw new Error('nobody is there');
      await server.call(mira, 'setRole', { conversationId: groupId, userId: changed.account.id, role: 'admin' });
      await items.filter({ hasText: '@person0 · admin' }).waitFor();
      expect(await items.count()).toBe(count + 2);
      await server.call(mira, 'removeMember', { conversationId: groupId, userId: changed.account.id });
      await items.filter({ hasText: '@person0 ·' }).waitFor({ state: 'detached' });
      expect(await items.count()).toBe(count + 1);
    });

    test('people found for a new conversation are gone through to the end', async () => {
      await ana.page.getByRole('button', { name: 'New conversation' }).click();
      const dialog = ana.page.getByRole('dialog');
      await dialog.getByRole('combobox').fill('person');
      expect(await toTheEnd(dialog, dialog.getByRole('option'))).toHaveLength(count);
      await ana.page.keyboard.press('Escape');
    });

    test('the quick switcher goes through people, channels and conversations to the end, by keys too', async () => {
      await ana.page.keyboard.press('Control+k');
      const dialog = ana.page.getByRole('dialog');
      const options = dialog.getByRole('option');
      await dialog.getByRole('combobox').fill('room');
      expect(await toTheEnd(dialog, options)).toHaveLength(count);
      await dialog.getByRole('combobox').fill('person');
      await options.filter({ hasText: '@person' }).first().waitFor();
      for (let at = 1; at < count; at++) {
        await dialog.getByRole('combobox').press('ArrowDown');
        await options.nth(at).waitFor();
      }
      expect(await options.count()).toBe(count);
      await ana.page.keyboard.press('Escape');
    });

    test('channels are gone through to the end', async () => {
      await ana.page.getByRole('link', { name: 'Browse channels' }).click();
      const main = ana.page.getByRole('main');
      expect(await toTheEnd(main, main.getByRole('listitem'))).toHaveLength(count);
    });

    test('sessions are all there', async () => {
      await ana.page.getByRole('link', { name: 'Settings' }).click();
      const sessions = ana.page.getByRole('region', { name: 'Sessions' });
      await sessions.getByText(`Phone ${count - 1}`, { exact: true }).waitFor();
      expect(await sessions.getByRole('listitem').count()).toBe(count);
      expect(ana.faults).toEqual([]);
    });

    test('conversations are all in the list', async () => {
      for (const person of people) {
        const [{ id } = { id: '' }] = (await server.call(person, 'userSearch', { q: 'ana' })).users;
        const { id: conversationId } = await server.call(person, 'openDirect', { userId: id });
        await server.call(person, 'sendMessage', { conversationId, clientMessageId: 'hello', text: 'Hello' });
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
