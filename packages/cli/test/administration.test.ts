import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ParleyClient, ParleyError } from '@parley/sdk';
import { settings, variableOf } from '@parley/server';
import { ServerProcess } from '../../server/test/support/server-process.ts';
import { parley } from './parley.ts';

const password = 'a good password';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-admin-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the commands create, disable and enable accounts and reset passwords of a running server, and close sockets', async () => {
  const data = join(folder, 'running');
  const server = await ServerProcess.start({ settings: { data } });
  const at = ['--data', data];
  expect(await parley(['user', 'create', 'root', ...at], `${password}\n`)).toMatchObject({
    code: 0,
    output: expect.stringContaining('\troot\troot\tadministrator\n'),
  });
  await parley(['user', 'create', 'ana', '--display-name', 'Ana B.', ...at], `${password}\n`);
  expect((await parley(['user', 'create', 'ANA', ...at], `${password}\n`)).errors).toContain(
    'The username ANA is taken',
  );
  expect((await parley(['user', 'create', 'short', ...at], 'short\n')).errors).toContain('at least 8');

  const client = new ParleyClient({ url: server.url });
  await client.login({ username: 'ana', password });
  client.connect();
  await client.live();
  const stopped = new Promise((resolve) => client.on('state', ({ name }) => name === 'stopped' && resolve(true)));
  expect((await parley(['user', 'disable', 'ana', ...at])).output).toContain('Ana B.\tdisabled');
  expect(await stopped).toBe(true);
  await expect(client.login({ username: 'ana', password })).rejects.toThrow(ParleyError);
  await parley(['user', 'enable', 'ana', ...at]);
  await client.login({ username: 'ana', password });
  await parley(['user', 'reset-password', 'ana', ...at], 'another password\n');
  await expect(client.call('getAccount', {})).rejects.toMatchObject({ code: 'unauthenticated' });
  await client.login({ username: 'ana', password: 'another password' });
  expect((await parley(['user', 'list', ...at])).output.split('\n')).toHaveLength(3);
  expect(await parley(['user', 'disable', 'root', ...at])).toMatchObject({
    code: 1,
    errors: expect.stringContaining('the last administrator'),
  });
  expect(await parley(['user', 'disable', 'nobody', ...at])).toMatchObject({
    code: 1,
    errors: 'parley: there is no user nobody\n',
  });

  expect(await parley(['serve', ...at, '--port', '0'])).toMatchObject({
    code: 1,
    errors: expect.stringContaining(`--data: ${data} is being served by another process`),
  });
  const taken = await parley(['serve', '--data', join(folder, 'other'), '--port', String(server.port)]);
  expect(taken).toMatchObject({
    code: 1,
    errors: expect.stringContaining(`127.0.0.1:${server.port} cannot be listened on`),
  });
  await server.stop();
  // The same commands without a server.
  expect((await parley(['user', 'list', ...at])).output).toContain('\tana\tAna B.\n');
  expect((await parley(['stats', ...at])).output).toContain('users\t2\n');
});

test('sign-up by invitation needs one, and is limited to its number of uses', async () => {
  const data = join(folder, 'invited');
  const server = await ServerProcess.start({ settings: { data, signup: 'invitation' } });
  const client = new ParleyClient({ url: server.url });
  // The first account on an empty server needs no invitation, and is an administrator.
  expect(await client.signup({ username: 'first', password })).toMatchObject({ administrator: true });
  await expect(client.signup({ username: 'second', password })).rejects.toMatchObject({ code: 'signup_closed' });
  const { output } = await parley(['user', 'invite', '--data', data, '--uses', '1', '--server', server.url]);
  expect(output).toStartWith(`${server.url}/#invitation=`);
  const link = output.trim();
  // The server's address is taken from the link.
  const chat = await parley(['chat', '--user', 'second', '--signup', '--invitation', link, '--plain'], '', {
    PARLEY_PASSWORD: password,
  });
  expect(chat).toMatchObject({ code: 0, output: expect.stringContaining('Hello, second.') });
  const invitation = link.split('=')[1] ?? '';
  await expect(client.signup({ username: 'third', password, invitation })).rejects.toMatchObject({
    code: 'invalid_invitation',
  });
  await server.stop();
});

describe('parley verify', () => {
  const damages: [string, string, string][] = [
    ['a missing entry', 'DELETE FROM entries WHERE seq = 2', 'contract 3: lacks entry 2'],
    [
      'an entry with a wrong message count',
      'UPDATE entries SET message_count = 9 WHERE seq = 3',
      'contract 3: entry 3 counts 9 messages',
    ],
    [
      'a time that goes back',
      'UPDATE entries SET at_ms = (SELECT at_ms - 1 FROM entries WHERE seq = 2) WHERE seq = 3',
      'before that of the previous entry',
    ],
    ['a head with a wrong time', 'UPDATE conversations SET last_entry_at_ms = 5', 'its row has lastEntryAtMs 5'],
    ['a head with a wrong member count', 'UPDATE conversations SET member_count = 5', 'its row has memberCount 5'],
    ['an index that lacks rows', 'DELETE FROM memberships', 'contract 6: the index by user'],
    [
      'a duplicate command',
      'UPDATE entries SET command = (SELECT command FROM entries WHERE seq = 2) WHERE seq = 3',
      'does not have entry 3 as the one of command',
    ],
  ];

  test('reports no fault in an intact database, and each damage in a damaged one', async () => {
    const data = join(folder, 'verified');
    const server = await ServerProcess.start({ settings: { data } });
    const client = new ParleyClient({ url: server.url });
    await client.signup({ username: 'ana', password });
    client.connect();
    await client.live();
    const channel = await client.conversations.createChannel({ name: 'c' });
    for (const text of ['one', 'two', 'three']) await channel.send(text).sent();
    expect(await parley(['verify', '--data', data])).toMatchObject({
      code: 0,
      output: '1 conversations, 4 entries, 0 faults\n',
    });
    const copy = join(folder, 'copy');
    for (const [name, damage, fault] of damages) {
      rmSync(copy, { recursive: true, force: true });
      await Bun.$`mkdir -p ${copy}`;
      expect((await parley(['backup', join(copy, 'parley.db'), '--data', data])).code).toBe(0);
      const database = new Database(join(copy, 'parley.db'));
      database.run(damage);
      database.close();
      const { code, output } = await parley(['verify', '--data', copy]);
      expect([name, code, output.includes(fault)]).toEqual([name, 1, true]);
    }
    client.close();
    await server.stop();
  });

  test('names a folder without a database', async () => {
    const { code, errors } = await parley(['verify', '--data', join(folder, 'nothing')]);
    expect([code, errors]).toEqual([1, `parley: there is no database at ${join(folder, 'nothing', 'parley.db')}\n`]);
  });
});

test('serve --help lists every setting with its variable', async () => {
  const { output } = await parley(['serve', '--help']);
  for (const name of Object.keys(settings)) {
    expect(output).toContain(`--${name} `);
    expect(output).toContain(variableOf(name));
  }
});

test('unknown commands, options and arguments are refused', async () => {
  for (const args of [['sreve'], ['serve', '--prot', '1'], ['serve', 'now'], ['user', 'create']]) {
    const { code, errors } = await parley(args);
    expect(code).toBe(1);
    expect(errors).toContain('error:');
  }
});
