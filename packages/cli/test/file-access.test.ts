import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from '../../server/test/support/server-process.ts';
import { parley } from './parley.ts';

const password = 'a good password\n';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-access-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

/** Everything in a folder that users other than its owner may read, write or enter. */
function openToOthers(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((each) => (statSync(each).mode & 0o077) !== 0);
}

test('files that commands create in a folder open to others are accessible to their owner only', async () => {
  const data = join(folder, 'open');
  mkdirSync(data);
  chmodSync(data, 0o755);
  const server = await ServerProcess.start({ settings: { data } });
  await parley(['user', 'create', 'ana', '--data', data], password);
  expect((await parley(['backup', join(data, 'copy.db'), '--data', data])).code).toBe(0);
  expect(openToOthers(data)).toEqual([]);
  await server.stop();
  expect((await parley(['restore', join(data, 'copy.db'), '--data', data])).code).toBe(0);
  expect((await parley(['verify', '--data', data])).code).toBe(0);
  expect(readdirSync(data).length).toBeGreaterThan(2);
  expect(openToOthers(data)).toEqual([]);
});

test('a data folder that the server creates is accessible to its owner only', async () => {
  const data = join(folder, 'made', 'deep');
  const server = await ServerProcess.start({ settings: { data } });
  await server.stop();
  expect([mode(data), openToOthers(data)]).toEqual(['700', []]);
});

test('the server logs a folder and files that others can read at its start, with the remedy', async () => {
  const data = join(folder, 'earlier');
  mkdirSync(data);
  chmodSync(data, 0o755);
  writeFileSync(join(data, 'old-backup.db'), '');
  chmodSync(join(data, 'old-backup.db'), 0o644);
  const server = await ServerProcess.start({ settings: { data } });
  await server.stop();
  const warned = server.lines.filter((line) => line.includes('chmod go-rwx'));
  expect(warned).toHaveLength(2);
  expect(warned[0]).toContain(data);
  expect(warned[1]).toContain('old-backup.db');
  chmodSync(data, 0o700);
  const closed = await ServerProcess.start({ settings: { data } });
  await closed.stop();
  expect(closed.lines.filter((line) => line.includes('chmod'))).toEqual([]);
});
