import { beforeEach, expect, test } from 'bun:test';
import { type InputOf, limits, type User } from '@parley/protocol';
import { Disconnected } from '../src/index.ts';
import { PeopleDirectory, type Person } from '../src/people-directory.ts';
import { idle } from './support/idle.ts';

/** Pairs of a user and the known version. */
type Asked = [string, string | null][];

let names: Map<string, string>;
let asked: Asked[];
let told: Person[];
let failures: unknown[];
let isAway: boolean;
let people: PeopleDirectory;
beforeEach(() => {
  names = new Map(Array.from({ length: 450 }, (_, index) => [`person ${index}`, `Name ${index}`]));
  [asked, told, failures, isAway] = [[], [], [], false];
  people = new PeopleDirectory(
    {
      call: ((_: string, { userIds, versions }: InputOf<'lookUpUsers'>) =>
        answer(userIds.map((userId, index) => [userId, versions?.[index] ?? null]))) as never,
    },
    (changed) => told.push(...changed),
    (error) => failures.push(error),
  );
});

/** The response of the server. The version of a name is the name. */
async function answer(users: Asked): Promise<{ users: User[] }> {
  if (isAway) throw new Disconnected('not connected');
  asked.push(users);
  return {
    users: users.flatMap(([userId, version]) => {
      const name = names.get(userId);
      if (name === undefined || name === version) return [];
      return [{ id: userId, username: userId, displayName: name, version: name, online: false }];
    }),
  };
}
const ids = (count: number) => [...names.keys()].slice(0, count);

test('names are looked up in batches, and unknown people once per connection', async () => {
  expect(await people.find([...ids(450), 'nobody'])).toHaveLength(450);
  expect(asked.map(({ length }) => length)).toEqual([limits.usersPerLookup, limits.usersPerLookup, 51]);
  await people.find([...ids(3), 'nobody']);
  expect(asked).toHaveLength(3);
  people.disconnected();
  names.set('nobody', 'Somebody');
  expect(await people.find(['nobody'])).toMatchObject([{ displayName: 'Somebody' }]);
});

test('watched people are looked up when the watch begins, with the known versions', async () => {
  await people.find(ids(3));
  told.length = 0;
  names.set('person 1', 'Other');
  people.watched(ids(3));
  await idle();
  expect(asked.at(-1)).toEqual(ids(3).map((userId, index) => [userId, `Name ${index}`]));
  expect(told).toMatchObject([{ id: 'person 1', displayName: 'Other' }]);
  // The server pushes changes of people who stay watched. The others are looked up again.
  people.watched(ids(2));
  people.watched(ids(4));
  await idle();
  expect(asked.slice(2).map((users) => users.map(([userId]) => userId))).toEqual([['person 2', 'person 3']]);
  people.disconnected();
  people.watched(ids(2));
  await idle();
  expect(asked.at(-1)?.map(([userId]) => userId)).toEqual(ids(2));
});

test('people who could not be looked up are looked up with the next watch', async () => {
  isAway = true;
  people.watched(ids(2));
  await idle();
  isAway = false;
  people.watched(ids(2));
  await idle();
  expect(told).toHaveLength(2);
  expect(failures).toEqual([]);
});

test('a new name without a version is stored, and the next look-up returns the version', async () => {
  await people.find(ids(1));
  names.set('person 0', 'New');
  people.renamed('person 0', 'New');
  expect(people.get('person 0')?.displayName).toBe('New');
  await people.refresh(ids(1));
  expect(asked.at(-1)).toEqual([['person 0', null]]);
  await people.refresh(ids(1));
  expect(asked.at(-1)).toEqual([['person 0', 'New']]);
});
