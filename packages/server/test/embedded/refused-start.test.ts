import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrations } from '../../src/adapters/sqlite/migrations.ts';
import { supportedLevel } from '../../src/platform/features.ts';
import {
  data,
  database,
  file,
  folder,
  notOurs,
  type Start,
  secret,
  serve,
  useFolder,
} from '../support/program-in-a-folder.ts';

useFolder();

const cluster = ['--shape', 'cluster', '--postgres', 'a=postgres://127.0.0.1:1/a', '--kafka', '127.0.0.1:1'];
const services = [...cluster, '--redis', 'redis://127.0.0.1:1'];
const authorities = (path: string) => ({ flags: services, environment: { NODE_EXTRA_CA_CERTS: path } });

/** The situation, how to cause it, and the error message; DATA and FOLDER stand for the paths. */
const table: [name: string, arrange: () => Start | undefined, sentence: string][] = [
  [
    'a folder of another user',
    () => {
      mkdirSync(data);
      notOurs(data);
    },
    '--data: the folder DATA cannot be written: permission denied',
  ],
  [
    'a folder that is read-only',
    () => {
      mkdirSync(data);
      chmodSync(data, 0o555);
    },
    '--data: the folder DATA cannot be written: permission denied',
  ],
  [
    'a folder that cannot be created',
    () => {
      chmodSync(folder, 0o555);
    },
    '--data: the folder DATA cannot be created: permission denied',
  ],
  [
    'a folder that is a file',
    () => {
      writeFileSync(data, '');
    },
    '--data: DATA is not a folder',
  ],
  [
    'a folder below a file',
    () => {
      writeFileSync(data, '');
      return { flags: ['--data', join(data, 'below')] };
    },
    '--data: the folder DATA/below cannot be created: a part of the path is a file',
  ],
  [
    'a folder that is a link to nowhere',
    () => {
      symlinkSync(join(folder, 'nowhere'), data);
    },
    '--data: the folder DATA cannot be created: a file is there already',
  ],
  [
    'a folder that is a link to itself',
    () => {
      symlinkSync(data, data);
    },
    '--data: the folder DATA cannot be created: a file is there already',
  ],
  [
    'a folder with too long a name',
    () => ({ flags: ['--data', join(folder, 'a'.repeat(300))] }),
    `--data: the folder FOLDER/${'a'.repeat(300)} cannot be created: the name is too long`,
  ],
  [
    'a folder with too long a path for a socket',
    () => ({ flags: ['--data', join(folder, 'a'.repeat(100))] }),
    `--data: the path is too long for a socket in it: FOLDER/${'a'.repeat(100)}/control.sock has more than 103 bytes`,
  ],
  [
    'a socket in the way that is a folder',
    () => {
      mkdirSync(join(data, 'control.sock', 'x'), { recursive: true });
    },
    '--data: DATA/control.sock cannot be listened on: it is a folder',
  ],
  [
    'a database of another user',
    () => {
      database(() => notOurs(file));
    },
    '--data: DATA/parley.db cannot be written: permission denied',
  ],
  [
    'a database that is read-only',
    () => {
      database(() => chmodSync(file, 0o444));
    },
    '--data: DATA/parley.db cannot be written: permission denied',
  ],
  [
    'a lock of another user',
    () => {
      mkdirSync(data);
      writeFileSync(join(data, 'parley.lock'), '');
      notOurs(join(data, 'parley.lock'));
    },
    '--data: DATA/parley.lock cannot be written: permission denied',
  ],
  [
    'a database that is a folder',
    () => {
      mkdirSync(file, { recursive: true });
    },
    'DATA/parley.db cannot be opened: the file cannot be opened',
  ],
  [
    'a database that is a text file',
    () => {
      mkdirSync(data);
      writeFileSync(file, 'Dear diary, '.repeat(1_000));
    },
    'DATA/parley.db cannot be used: it is not a database',
  ],
  [
    'a database of another program',
    () => {
      mkdirSync(data);
      new Database(file).run('CREATE TABLE cookies (name TEXT)');
    },
    'DATA/parley.db is the database of another program',
  ],
  [
    'a database of another program with a schema version',
    () => {
      mkdirSync(data);
      new Database(file).run('CREATE TABLE users (name TEXT); PRAGMA user_version = 90');
    },
    'DATA/parley.db is the database of another program',
  ],
  [
    'a database of a newer version',
    () => {
      database((made) => made.run('PRAGMA user_version = 9000'));
    },
    `DATA/parley.db has schema version 9000, which a newer Parley wrote; this one supports up to ${migrations.length}. Start the newer version, or restore a backup made by this one.`,
  ],
  [
    'a database of a feature level that a newer version enabled',
    () => {
      database((made) => made.run(`UPDATE feature_level SET level = ${supportedLevel() + 1}`));
    },
    `DATA/parley.db has feature level ${supportedLevel() + 1}, and this Parley supports ${supportedLevel()}. Start the newer version, or restore a backup made by this one.`,
  ],
  [
    'a database that is cut off',
    () => {
      database(() => undefined);
      truncateSync(file, 8_192);
    },
    'DATA/parley.db cannot be used: the database is damaged: restore a backup',
  ],
  [
    'a limit of file sizes, which acts as a full disk',
    () => ({ limit: 'ulimit -f 16' }),
    'DATA/parley.db cannot be used: the disk cannot be read or written: it is full, at a limit, or has a fault',
  ],
  [
    'a clock that was never set',
    () => ({ preload: clockOf(0) }),
    'the clock of this machine says 1970-01-01T00:00:00.000Z: set it, and keep it set by NTP',
  ],
  [
    'a clock at the end of 2019',
    () => ({ preload: clockOf(Date.UTC(2020, 0, 1) - 1) }),
    'the clock of this machine says 2019-12-31T23:59:59.999Z: set it, and keep it set by NTP',
  ],
  [
    'a low limit of open files',
    () => ({ limit: 'ulimit -n 64' }),
    'this process may open 64 files; it needs 128 or more: raise `ulimit -n`',
  ],
  [
    'an address of another machine',
    () => ({ flags: ['--host', '203.0.113.1'] }),
    '--host, --port: 203.0.113.1:0 cannot be listened on: the address is not one of this machine',
  ],
  [
    'a metrics address of another machine',
    () => ({ flags: ['--metrics-port', '0', '--metrics-host', '203.0.113.1'] }),
    '--metrics-host, --metrics-port: 203.0.113.1:0 cannot be listened on: the address is not one of this machine',
  ],
  [
    'missing settings',
    () => ({ flags: ['--config', join(folder, 'no.json')] }),
    '--config: FOLDER/no.json cannot be read as JSON: there is no such file',
  ],
  [
    'settings that are a folder',
    () => ({ flags: ['--config', folder] }),
    '--config: FOLDER cannot be read as JSON: it is a folder',
  ],
  [
    'settings of another user',
    () => ({ flags: ['--config', secret()] }),
    '--config: FOLDER/secret cannot be read as JSON: permission denied',
  ],
  [
    'settings that are not JSON',
    () => {
      writeFileSync(join(folder, 'c'), '{');
      return { flags: ['--config', join(folder, 'c')] };
    },
    '--config: FOLDER/c cannot be read as JSON: it is not JSON',
  ],
  [
    'missing certificates',
    () => authorities(join(folder, 'ca.pem')),
    'NODE_EXTRA_CA_CERTS: FOLDER/ca.pem cannot be read: there is no such file',
  ],
  [
    'certificates of another user',
    () => authorities(secret()),
    'NODE_EXTRA_CA_CERTS: FOLDER/secret cannot be read: permission denied',
  ],
  [
    'a file that is not a certificate',
    () => {
      writeFileSync(join(folder, 'ca'), 'no');
      return authorities(join(folder, 'ca'));
    },
    'NODE_EXTRA_CA_CERTS: FOLDER/ca has no certificate in PEM form',
  ],
  [
    'services that do not run',
    () => ({ flags: services }),
    '--postgres: PostgreSQL server a could not run the statement (connect ECONNREFUSED 127.0.0.1:1): start it, or correct the setting',
  ],
];

/** A module that replaces only the machine's clock. */
function clockOf(nowMs: number): string {
  const path = join(folder, 'clock.ts');
  writeFileSync(path, `Date.now = () => ${nowMs};`);
  return path;
}

test.each(table)('%s: parley prints one sentence and no stack, and exits with 1', async (_, arrange, sentence) => {
  const { code, output, errors } = await serve(arrange() ?? {});
  const expected = sentence.replaceAll('DATA', data).replaceAll('FOLDER', folder);
  expect(errors).toStartWith(`parley: ${expected}`);
  expect([code, output, errors.trimEnd().split('\n').length]).toEqual([1, '', 1]);
});

function listener(): { port: number; stop: () => void } {
  const listening = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } });
  return { port: listening.port, stop: () => listening.stop(true) };
}

test('a port in use is named, also that of the metrics', async () => {
  const { port, stop } = listener();
  const taken = `127.0.0.1:${port} cannot be listened on: another program listens there\n`;
  expect((await serve({ flags: ['--port', String(port)] })).errors).toBe(`parley: --host, --port: ${taken}`);
  const metrics = ['--metrics-port', String(port)];
  expect((await serve({ flags: metrics })).errors).toBe(`parley: --metrics-host, --metrics-port: ${taken}`);
  stop();
});

test('a database of another program is left unchanged', async () => {
  mkdirSync(data);
  const other = new Database(file);
  other.run('CREATE TABLE cookies (name TEXT)');
  await serve();
  expect(other.query('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'cookies' }]);
  expect(other.query('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' });
  other.close();
});
