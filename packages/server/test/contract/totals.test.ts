import { expect, test } from 'bun:test';
import { postgresStores } from '../../src/adapters/postgres/stores.ts';
import { PostgresTotals } from '../../src/adapters/postgres/totals.ts';
import { openSqliteStores } from '../../src/adapters/sqlite/stores.ts';
import { SqliteTotals } from '../../src/adapters/sqlite/totals.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { withoutService } from '../support/services.ts';
import { runContract } from './adapter-under-test.ts';
import { ConversationsUnderTest } from './conversations-under-test.ts';
import { emptyDatabase } from './postgres-under-test.ts';
import type { Stores } from './sqlite-stores.ts';
import { storageAdapters } from './storage-adapters.ts';
import { createUser } from './users-under-test.ts';

function describeTotalsContract(name: string, open: () => Promise<Stores>): void {
  test(`totals on ${name} are exact when nothing is written meanwhile`, async () => {
    const stores = await open();
    const none = { users: 0, conversations: 0, messages: 0 };
    expect(await stores.totals.read()).toMatchObject(none);
    const conversations = new ConversationsUnderTest(stores);
    const { id } = await createUser(stores.users, 'ana');
    const [first, second] = [await conversations.create(id), await conversations.create(id)];
    await conversations.send(first, id, 'one');
    await conversations.send(second, id, 'two');
    await conversations.leave(second, id);
    expect(await stores.totals.read()).toMatchObject({ users: 1, conversations: 1, messages: 2 });
    await stores.close();
  });
}

test.skipIf(withoutService('postgres') !== null)('users above a number are estimated in PostgreSQL', async () => {
  const database = await emptyDatabase();
  const stores = postgresStores(database);
  for (let count = 0; count < 20; count++) await createUser(stores.users, `user${count}`);
  const read = async () => new PostgresTotals(database, 2).read();
  // PostgreSQL has no estimate before it analyses the table.
  expect(await read()).toMatchObject({ users: 20 });
  await database.everywhere((sql) => sql.unsafe('ANALYZE users'));
  expect(await read()).toMatchObject({ users: 20, usersEstimated: true });
  expect(await stores.totals.read()).toEqual(expect.not.objectContaining({ usersEstimated: true }));
});

test('users above a number are estimated in SQLite', async () => {
  const stores = openSqliteStores(':memory:', { clock: systemClock, reportFailure: console.error });
  for (const name of ['ana', 'ben', 'mira']) await createUser(stores.users, name);
  const read = (countedMax: number) => new SqliteTotals(stores.writes, () => 0, countedMax).read();
  expect(await read(2)).toMatchObject({ users: 3, usersEstimated: true });
  expect(await read(3)).toEqual(expect.not.objectContaining({ usersEstimated: true }));
  await stores.close();
});

runContract(storageAdapters, describeTotalsContract);
