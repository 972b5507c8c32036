import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parley } from '../../../cli/test/parley.ts';
import { networkFileSystem } from '../../src/adapters/sqlite/network-file-system.ts';
import { embeddedAdapters } from '../../src/compose/embedded.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { FolderHeld } from '../../src/platform/failures.ts';
import { ServerProcess } from '../support/server-process.ts';

const password = 'a good password\n';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'parley-hold-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const start = () => ServerProcess.start({ settings: { data } });

/** Starts them all at once. Returns those that serve, and the output of the others. */
async function race(count: number): Promise<{ serving: ServerProcess[]; refusals: string[] }> {
  const outcomes = await Promise.allSettled(Array.from({ length: count }, start));
  return {
    serving: outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
    refusals: outcomes.flatMap((each) => (each.status === 'rejected' ? [String(each.reason.message)] : [])),
  };
}

const refused = () => `parley: --data: ${data} is being served by another process`;

test('of servers started on one folder at once, one serves and the others explain why they stop', async () => {
  for (const count of [2, 2, 2, 2, 2, 5, 5]) {
    const { serving, refusals } = await race(count);
    expect(refusals).toEqual(Array(count - 1).fill(expect.stringContaining(refused())));
    expect(refusals.join('')).not.toContain('    at ');
    expect(serving).toHaveLength(1);
    // A killed server no longer holds the folder, so the next round starts at once.
    await serving[0]?.kill();
  }
});

test('a server that is killed or stops leaves the folder to the next one', async () => {
  await (await start()).kill();
  const next = await start();
  expect(await next.stop()).toBe(0);
  await (await start()).stop();
});

test('while a server is paused by SIGSTOP, another server and each command exit with an error message', async () => {
  const holder = await start();
  await parley(['user', 'create', 'ana', '--data', data], password);
  holder.signal('SIGSTOP');
  const silent = `parley: --data: ${data} is being served by another process, which does not answer`;
  const commands = [
    ['serve', '--port', '0'],
    ['user', 'list'],
    ['user', 'create', 'ben'],
    ['stats'],
    ['restore', 'any.db'],
    [
      'migrate',
      '--from',
      data,
      '--postgres',
      'a=postgres://127.0.0.1:1/a',
      '--kafka',
      '127.0.0.1:1',
      '--redis',
      'redis://127.0.0.1:1',
    ],
  ];
  const runs = await Promise.all(
    commands.map((command) => parley(command[0] === 'migrate' ? command : [...command, '--data', data], password)),
  );
  for (const [index, { code, errors }] of runs.entries()) {
    expect([commands[index], code, errors]).toEqual([commands[index], 1, expect.stringContaining(silent)]);
    expect(errors).not.toContain('    at ');
  }
  // Commands that only read do not need the server.
  expect(await parley(['verify', '--data', data])).toMatchObject({
    code: 0,
    output: '0 conversations, 0 entries, 0 faults\n',
  });
  expect((await parley(['backup', join(data, 'copy.db'), '--data', data])).code).toBe(0);
  // The lock alone excludes another server, also when the socket is gone or belongs to another machine.
  rmSync(join(data, 'control.sock'));
  expect((await parley(['serve', '--port', '0', '--data', data])).errors).toContain(refused());
  expect((await parley(['user', 'list', '--data', data])).errors).toContain(refused());
  expect((await parley(['restore', 'any.db', '--data', data])).errors).toContain(refused());
  holder.signal('SIGCONT');
  await holder.kill();
  expect((await parley(['user', 'list', '--data', data])).output).toContain('\tana\t');
});

test('concurrent administrator commands on an unserved folder all succeed', async () => {
  await (await start()).stop();
  const names = ['ana', 'ben', 'cleo'];
  const runs = await Promise.all(names.map((name) => parley(['user', 'create', name, '--data', data], password)));
  expect(runs.map(({ errors }) => errors)).toEqual(names.map(() => ''));
  expect((await parley(['stats', '--data', data])).output).toContain('users\t3\n');
});

test('a folder is held from when its adapters are made to when they are closed, and its lock survives collection', async () => {
  const adapters = embeddedAdapters(data, systemClock);
  Bun.gc(true);
  expect(() => embeddedAdapters(data, systemClock)).toThrow(FolderHeld);
  await adapters.close();
  await embeddedAdapters(data, systemClock).close();
});

test('a database that cannot be opened leaves the folder free', () => {
  writeFileSync(join(data, 'parley.db'), 'no database'.repeat(1_000));
  expect(() => embeddedAdapters(data, systemClock)).toThrow('it is not a database');
  rmSync(join(data, 'parley.db'));
  embeddedAdapters(data, systemClock).close();
});

const mountinfo = `22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
31 22 0:40 / /srv/shared\\040files rw shared:1 master:2 - nfs4 nas:/export rw
32 31 8:2 / /srv/shared\\040files/local rw - xfs /dev/sdb rw
33 22 0:41 / /mnt/remote rw - fuse.sshfs me@there: rw
34 22 0:42 / /mnt/remote2 rw - fuse.mergerfs a:b rw
35 22 0:43 / /windows rw - cifs //nas/share rw
`;

test.each([
  ['/srv/shared files', 'nfs4'],
  ['/srv/shared files/parley/data', 'nfs4'],
  ['/srv/shared files/local/data', null],
  ['/srv/shared', null],
  ['/mnt/remote/data', 'sshfs'],
  ['/mnt/remote2/data', null],
  ['/windows/data', 'cifs'],
  ['/var/lib/parley', null],
])('%s is on a file system that machines share: %p', (path, type) => {
  expect(networkFileSystem(path, mountinfo)).toBe(type);
  expect(networkFileSystem(path, '')).toBeNull();
});
