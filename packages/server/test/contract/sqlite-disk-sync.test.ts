import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskSync } from '../../src/adapters/sqlite/disk-sync.ts';

let folder: string;
let underWay: ((error: Error | null) => void)[];
let disk: DiskSync;
let synced: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-sync-'));
  writeFileSync(join(folder, 'log'), '');
  underWay = [];
  synced = [];
  disk = new DiskSync(join(folder, 'log'), (_, done) => underWay.push(done));
});
afterEach(() => {
  disk.close();
  rmSync(folder, { recursive: true });
});

const ask = (name: string) => disk.sync().then(() => synced.push(name));

test('calls during a sync share the next one', async () => {
  const asked = ['first', 'second', 'third'].map(ask);
  expect(underWay).toHaveLength(1);
  underWay[0]?.(null);
  await asked[0];
  expect(synced).toEqual(['first']);
  expect(underWay).toHaveLength(2);
  asked.push(ask('fourth'));
  underWay[1]?.(null);
  await Promise.all(asked.slice(0, 3));
  expect(synced).toEqual(['first', 'second', 'third']);
  underWay[2]?.(null);
  await Promise.all(asked);
  expect(underWay).toHaveLength(3);
});

test('after a failed sync nothing is reported as synced, and nothing continues', async () => {
  const asked = ask('first');
  const cause = new Error('EIO');
  expect(() => underWay[0]?.(cause)).toThrow('stopping');
  expect(await Promise.race([asked, Promise.resolve('still waiting')])).toBe('still waiting');
  void ask('second');
  expect(underWay).toHaveLength(1);
  expect(synced).toEqual([]);
});

test('syncs a real file', async () => {
  const real = new DiskSync(join(folder, 'log'));
  await real.sync();
  real.close();
});
