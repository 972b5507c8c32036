import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PersonOverHttp } from '../support/person-over-http.ts';
import { ServerProcess } from '../support/server-process.ts';

let parent: string;
let data: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'parley-gone-'));
  data = join(parent, 'data');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const database = () => join(data, 'parley.db');
const remove = (path: string) => rmSync(path, { recursive: true });

const ways: [string, () => void][] = [
  ['the data folder is deleted', () => remove(data)],
  ['the data folder is renamed', () => renameSync(data, join(parent, 'elsewhere'))],
  ['the database is deleted', () => remove(database())],
  ['the log of the database is deleted', () => remove(`${database()}-wal`)],
  ['the index of that log is deleted', () => remove(`${database()}-shm`)],
  [
    'another database takes its place',
    () => {
      copyFileSync(database(), join(parent, 'copy.db'));
      renameSync(join(parent, 'copy.db'), database());
    },
  ],
];

describe('a server stops with an error message, and acknowledges nothing more, when', () => {
  test.each(ways)('%s while it serves', async (_, way) => {
    const server = await ServerProcess.start({ settings: { data } });
    const ana = await PersonOverHttp.signUp(server.url, 'ana');
    const channel = await ana.client.conversations.createChannel({ name: 'channel' });
    await channel.send('kept').sent();
    way();
    expect(await server.ended).toBe(1);
    const [last] = server.lines.slice(-1);
    expect(last).toMatch(/^parley: .*parley\.db(-wal|-shm)? was deleted or replaced while it was served/);
    expect(server.lines.join('\n')).not.toContain('    at ');
    await expect(ana.get('/livez')).rejects.toThrow();
    ana.client.close();
  });
});

test('backing up and verifying a served database does not change it', async () => {
  const server = await ServerProcess.start({ settings: { data } });
  const ana = await PersonOverHttp.signUp(server.url, 'ana');
  const channel = await ana.client.conversations.createChannel({ name: 'channel' });
  const { backupDatabase, verifyDatabase } = await import('../../src/compose/embedded.ts');
  for (let round = 0; round < 3; round++) {
    backupDatabase(data, join(parent, `backup-${round}.db`));
    expect(verifyDatabase(data).faults).toEqual([]);
    await channel.send(`round ${round}`).sent();
  }
  expect(await server.stop()).toBe(0);
  ana.client.close();
});
