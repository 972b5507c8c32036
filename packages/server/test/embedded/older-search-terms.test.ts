import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseFile } from '../../src/adapters/sqlite/database.ts';
import { RunningServer } from '../support/running-server.ts';
import { until } from '../support/until.ts';

test('a server started on an older folder rewrites its search terms while it serves', async () => {
  const data = mkdtempSync(join(tmpdir(), 'parley-terms-'));
  try {
    const before = await RunningServer.start({ data });
    const people = await before.people('person', 250);
    for (const { account } of people) await before.adapters.users.update(account.id, { displayName: 'Łukasz' });
    await before.stopServers();
    const database = new Database(join(data, databaseFile));
    database.run('DELETE FROM user_terms');
    database.run("INSERT INTO user_terms SELECT 'łukasz', id FROM users UNION SELECT username_key, id FROM users");
    database.close();

    const server = await RunningServer.start({ data });
    const ana = await server.person('ana');
    const foundBy = async (q: string) => (await server.call(ana, 'userSearch', { q, limit: 50 })).users.length;
    expect(await foundBy('Łukasz')).toBe(50);
    // The user with the last id is in the last step.
    const last = people.map(({ account }) => account).toSorted((a, b) => (a.id < b.id ? 1 : -1))[0];
    const terms = async () => {
      const found = await server.adapters.users.search({ prefixes: ['lukasz'], after: null, limit: 300 });
      return found.map(({ user }) => user.id);
    };
    await until('the last person is found', async () => (await terms()).includes(last?.id ?? ''));
    expect(await terms()).toHaveLength(250);
    await server.stop();
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});
