import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { namePairs } from '../../../protocol/test/name-pairs.ts';
import { type Person, RunningServer } from '../support/running-server.ts';

let server: RunningServer;
let ana: Person;

describe('a search', () => {
  beforeAll(async () => {
    server = await RunningServer.start();
    ana = await server.person('ana');
  });
  afterAll(() => server.stop());

  test('finds people and channels by other case, without diacritics, and by other forms of the letters', async () => {
    const people = await server.people('pair', namePairs.length);
    for (const [index, [language, name, query]] of namePairs.entries()) {
      const person = people[index];
      if (!person) throw new Error('there is a user for each pair');
      await server.call(person, 'updateAccount', { displayName: name });
      const { users } = await server.call(ana, 'userSearch', { q: query, limit: 50 });
      expect({ language, name, query, found: users.some(({ id }) => id === person.account.id) }).toMatchObject({
        found: true,
      });
    }
    const { id } = await server.call(ana, 'createChannel', { name: 'Størrelse (Über)' });
    for (const q of ['STORRELSE', 'uber', 'størrelse über']) {
      expect((await server.call(ana, 'channelSearch', { q })).channels.map((channel) => channel.id)).toEqual([id]);
    }
  });

  test('finds nobody for invisible characters', async () => {
    for (const q of ['\u200b', '\u0301', ' ']) {
      expect((await server.call(ana, 'userSearch', { q })).users).toEqual([]);
      expect((await server.call(ana, 'channelSearch', { q })).channels).toEqual([]);
    }
  });
});
