import { afterAll, beforeAll, expect, test } from 'bun:test';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ParleyClient } from '@parley/sdk';
import { freePort } from '../../../tools/free-port.mjs';
import { ServerProcess } from '../../server/test/support/server-process.ts';
import { Collector } from '../../server/test/tracing/collector.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

let folder: string;
let program: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-build-'));
  const build = Bun.spawn(['npm', '--prefix', root, 'run', 'build', '--silent'], {
    stdout: 'ignore',
    stderr: 'inherit',
  });
  expect(await build.exited).toBe(0);
  // Outside the repository, so that it can use nothing of it.
  program = join(folder, 'parley');
  cpSync(join(root, 'dist', 'parley'), program);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the single file loses nothing when it is killed while serving, administers and verifies', async () => {
  const data = join(folder, 'data');
  const environment = { PATH: '/usr/bin:/bin' };
  const settings = { data, port: String(await freePort()) };
  let server = await ServerProcess.start({ settings, command: [program, 'serve'], environment });
  const client = new ParleyClient({ url: server.url });
  await client.signup({ username: 'ana', password: 'a good password' });
  client.connect();
  await client.live();
  const channel = await client.conversations.createChannel({ name: 'kept' });
  const receipt = await channel.send('before the kill').sent();
  await server.kill();

  server = await ServerProcess.start({ settings, command: [program, 'serve'], environment });
  await channel.send('after the kill').sent();
  const { entries } = await client.call('getHistory', { conversationId: channel.id });
  const texts = entries.flatMap((entry) => (entry.kind === 'message' ? [[entry.seq, entry.text]] : []));
  expect(texts).toEqual([
    [receipt.seq, 'before the kill'],
    [receipt.seq + 1, 'after the kill'],
  ]);

  expect(await run('user', 'list', '--data', data)).toContain('\tana\tana\tadministrator');
  expect(await run('stats', '--data', data)).toContain('messages\t2\n');
  expect(await run('verify', '--data', data)).toBe('1 conversations, 3 entries, 0 faults\n');
  expect(await run('backup', join(folder, 'copy.db'), '--data', data)).toContain('bytes');
  client.close();
  expect(await server.stop()).toBe(0);
});

async function run(...args: string[]): Promise<string> {
  const command = Bun.spawn([program, ...args], { stdout: 'pipe', stderr: 'inherit' });
  const output = await new Response(command.stdout).text();
  expect(await command.exited).toBe(0);
  return output;
}

test('the single file exports spans to a collector, and traces a message', async () => {
  const collector = new Collector();
  const data = join(folder, 'traced');
  const settings = { data, 'otlp-endpoint': collector.endpoint, 'trace-ratio': '1' };
  const server = await ServerProcess.start({
    settings,
    command: [program, 'serve'],
    environment: { PATH: '/usr/bin:/bin' },
  });
  const client = new ParleyClient({ url: server.url });
  await client.signup({ username: 'ana', password: 'a good password' });
  client.connect();
  await client.live();
  const channel = await client.conversations.createChannel({ name: 'followed' });
  const message = channel.send('text');
  const { seq } = await message.sent();
  await collector.until(() =>
    collector.spans.some(({ name, facts }) => name === 'decide' && facts['seq'] === String(seq)),
  );
  client.close();
  await server.stop();
  await collector.stop();
  expect(await run('trace', message.clientMessageId, '--data', data)).toContain(`entry ${seq} of ${channel.id}\n`);
});
