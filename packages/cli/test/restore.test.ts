import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ParleyClient } from '@parley/sdk';
import { supportedLevel } from '../../server/src/platform/features.ts';
import { changeToIds } from '../../server/test/support/form-with-ids.ts';
import { RunningServer } from '../../server/test/support/running-server.ts';
import { parleyProgram, ServerProcess } from '../../server/test/support/server-process.ts';
import { parley, type Run } from './parley.ts';

const password = 'a good password';

let folder: string;
let data: string;
let copy: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-restore-'));
  data = join(folder, 'data');
  copy = join(folder, 'backup.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const database = () => join(data, 'parley.db');
const restore = (file = copy): Promise<Run> => parley(['restore', file, '--data', data]);
const verify = async () => (await parley(['verify', '--data', data])).output;

/** Serves the folder, in this process, while `work` runs with a client that is logged in. */
async function serving(work: (client: ParleyClient) => Promise<unknown>): Promise<void> {
  const server = await RunningServer.start({ data });
  const client = new ParleyClient({ url: server.url });
  const credentials = { username: 'ana', password };
  await client.signup(credentials).catch(() => client.login(credentials));
  client.connect();
  await client.live();
  try {
    await work(client);
  } finally {
    client.close();
    await server.stopServers();
  }
}

async function write(client: ParleyClient, count: number): Promise<void> {
  const room = client.conversations.list()[0] ?? (await client.conversations.createChannel({ name: 'room' }));
  for (let message = 0; message < count; message++) await room.send('text').sent();
}

/** The epoch that a server of this folder reports to clients. */
async function epochServed(): Promise<string | undefined> {
  let epoch: string | undefined;
  await serving(async (client) => {
    epoch = (await client.call('getHomepage', {})).conversations[0]?.epoch;
  });
  return epoch;
}

function epochOfFile(file: string): { epoch: string; is_copy: number } | null {
  const opened = new Database(file, { readonly: true });
  try {
    return opened.query<{ epoch: string; is_copy: number }, []>('SELECT epoch, is_copy FROM epoch').get();
  } finally {
    opened.close();
  }
}

/** Makes a folder with 1 conversation and 11 entries, and a backup that has 6 of them. */
async function withBackup(): Promise<void> {
  await serving(async (client) => {
    await write(client, 5);
    await parley(['backup', copy, '--data', data]);
    await write(client, 5);
  });
}

test('a restored backup is served under another epoch, and the former database is kept', async () => {
  await withBackup();
  const before = await epochServed();
  const { code, output, errors } = await restore();
  expect([code, errors]).toEqual([0, '']);
  const replaced = /the former database is (.+)\n/.exec(output)?.[1] ?? '';
  expect(output).toContain(`1 conversations, 6 entries restored from ${copy}\n`);
  expect(await verify()).toBe('1 conversations, 6 entries, 0 faults\n');
  const after = await epochServed();
  expect(after).toBeDefined();
  expect(after).not.toBe(before);
  // It does not change again.
  expect(await epochServed()).toBe(after);
  // The former database is complete, and can be restored too.
  expect((await restore(replaced)).output).toContain('1 conversations, 11 entries restored from');
  expect([before, after]).not.toContain(await epochServed());
});

test('a restored database belongs to the owner of the folder, also when root restores it', async () => {
  await withBackup();
  if (process.getuid?.() === 0)
    for (const name of ['', 'parley.db', 'parley.lock']) chownSync(join(data, name), 1_234, 1_234);
  expect((await restore()).errors).toBe('');
  const { uid, gid } = statSync(data);
  expect(statSync(database())).toMatchObject({ uid, gid });
  expect(statSync(database()).mode & 0o777).toBe(0o600);
});

test('a copy that is put into a folder by hand gets another epoch when it is first served, not before', async () => {
  await withBackup();
  const before = await epochServed();
  expect(epochOfFile(copy)).toEqual({ epoch: String(before), is_copy: 1 });
  rmSync(data, { recursive: true });
  data = join(folder, 'another');
  await parley(['verify', '--data', data]);
  await Bun.write(database(), Bun.file(copy));
  expect(await verify()).toBe('1 conversations, 6 entries, 0 faults\n');
  expect(epochOfFile(database())?.is_copy).toBe(1);
  const after = await epochServed();
  expect(after).not.toBe(before);
  expect(await epochServed()).toBe(after);
});

test('restore refuses files that are not a backup, and a folder that is served; nothing changes', async () => {
  await withBackup();
  const [text, other, cut, newer] = ['text', 'other.db', 'cut.db', 'newer.db'].map((name) => join(folder, name)) as [
    ...[string, string, string, string],
  ];
  const raised = join(folder, 'raised.db');
  writeFileSync(text, 'not a database, but a text that is longer than a hundred bytes '.repeat(40));
  const made = new Database(other, { create: true });
  made.run('CREATE TABLE users (id TEXT)');
  made.close();
  writeFileSync(cut, readFileSync(copy).subarray(0, 20_000));
  copyFileSync(copy, newer);
  const changed = new Database(newer);
  changed.run('PRAGMA user_version = 999');
  changed.close();
  copyFileSync(copy, raised);
  const later = new Database(raised);
  later.run(`UPDATE feature_level SET level = ${supportedLevel() + 1}`);
  later.close();
  const files = readdirSync(data).sort();
  for (const [file, sentence] of [
    [text, 'is not a backup of Parley'],
    [other, 'is a database of another program'],
    [cut, 'is damaged'],
    [newer, 'which a newer Parley wrote'],
    [raised, `has feature level ${supportedLevel() + 1}, and this Parley supports ${supportedLevel()}`],
    [join(folder, 'missing.db'), 'there is no file'],
    [folder, 'there is no file'],
  ] as const) {
    const { code, output, errors } = await restore(file);
    expect([file, code, output, errors.split('\n').length]).toEqual([file, 1, '', 2]);
    expect(errors).toContain(sentence);
  }
  await serving(async () => {
    const { code, errors } = await restore();
    expect([code, errors]).toEqual([1, expect.stringContaining('being served')]);
  });
  expect(readdirSync(data).sort()).toEqual(files);
  expect(await verify()).toBe('1 conversations, 11 entries, 0 faults\n');
});

test('a restore that is killed at any moment leaves either the old or the new database, complete', async () => {
  await withBackup();
  const whole = ['1 conversations, 6 entries, 0 faults\n', '1 conversations, 11 entries, 0 faults\n'];
  for (let changes = 1; changes <= 8; changes++) {
    let seen = 0;
    const child = Bun.spawn([...parleyProgram(), 'restore', copy, '--data', data], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const watcher = watch(data, () => {
      if (++seen === changes * 2) child.kill('SIGKILL');
    });
    await child.exited;
    watcher.close();
    expect(existsSync(database())).toBe(true);
    expect(whole).toContain(await verify());
  }
  expect((await restore()).code).toBe(0);
  expect(await verify()).toBe('1 conversations, 6 entries, 0 faults\n');
});

test('restore creates a missing folder, and accepts the database of a killed server with all its entries', async () => {
  await withBackup();
  const server = await ServerProcess.start({ settings: { data } });
  const client = new ParleyClient({ url: server.url });
  await client.login({ username: 'ana', password });
  client.connect();
  await client.live();
  await write(client, 3);
  await server.kill();
  client.close();
  const replaced = /the former database is (.+)\n/.exec((await restore()).output)?.[1] ?? '';
  data = join(folder, 'fresh');
  const { output } = await restore(replaced);
  expect(output).toBe(`1 conversations, 14 entries restored from ${replaced}\n`);
});

test('a backup of a version that had no epochs is restored under a new one', async () => {
  await withBackup();
  changeToIds(copy);
  const old = new Database(copy);
  const later = ['epoch', 'activity_times', 'device_secrets', 'feature_level', 'feed', 'follower_progress', 'totals'];
  for (const table of later) old.run(`DROP TABLE IF EXISTS ${table}`);
  for (const index of ['read_revisions', 'present_memberships', 'ended_memberships', 'conversation_times']) {
    old.run(`DROP INDEX ${index}`);
  }
  old.run('ALTER TABLE read_positions DROP COLUMN revision');
  old.run('PRAGMA user_version = 2');
  old.close();
  expect((await restore()).output).toContain('6 entries restored');
  expect(await epochServed()).toMatch(/^[0-9a-f]{32}$/);
  expect(epochOfFile(database())?.is_copy).toBe(0);
});

test('a copy that an administration command opens gets a new epoch', async () => {
  const first = await RunningServer.start({ data });
  await first.person('ana');
  await first.stopServers();
  await parley(['backup', copy, '--data', data]);
  rmSync(data, { recursive: true });
  await Bun.write(database(), Bun.file(copy));
  await parley(['user', 'list', '--data', data]);
  const { epoch, is_copy } = epochOfFile(database()) ?? {};
  expect([is_copy, epoch === epochOfFile(copy)?.epoch]).toEqual([0, false]);
});
