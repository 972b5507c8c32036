import { afterEach, beforeEach, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { type Conversation, ParleyClient } from '@parley/sdk';
import { CheckedRecording } from '../../server/test/support/checked-recording.ts';
import { recordedClient } from '../../server/test/support/recorded-client.ts';
import { RestorableServer } from '../../server/test/support/restorable-server.ts';
import { until } from '../../server/test/support/until.ts';
import { TerminalProgram } from './terminal.ts';

const cli = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const password = 'a good password';
const ctrlC = '\u0003';

let recording: CheckedRecording;
let server: RestorableServer;
let ana: ParleyClient;
let room: Conversation;
beforeEach(async () => {
  recording = new CheckedRecording();
  server = await RestorableServer.start(() => recording.recorder.record({ type: 'restore' }));
  ana = recordedClient(recording.recorder, 'ana', { url: server.url }).client;
  await ana.signup({ username: 'ana', password });
  ana.connect();
  await ana.live();
});
afterEach(async () => {
  ana.close();
  await server.remove();
  await recording.finish();
});

const chat = (...more: string[]) => [process.execPath, cli, 'chat', '--server', server.url, '--user', 'ben', ...more];

async function say(text: string): Promise<void> {
  await room.send(text).sent();
}

/** Ben in a terminal, with a session that was begun after the backup. */
async function benAfterTheBackup(...more: string[]): Promise<TerminalProgram> {
  const made = new ParleyClient({ url: server.url });
  await made.signup({ username: 'ben', password });
  room = await ana.conversations.createGroup({ name: 'Harbour', userIds: [made.account?.id ?? ''] });
  await say('kept one');
  await server.backup();
  const ben = new TerminalProgram(chat(...more), { PARLEY_PASSWORD: password });
  await ben.shows(more.includes('--plain') ? 'Hello, ben' : 'online ·');
  return ben;
}

test('the terminal client reports that its session was lost with the restore, and how many messages were not sent', async () => {
  const ben = await benAfterTheBackup();
  ben.type('/open Harbour\r');
  await ben.shows('kept one');
  await server.end();
  await ben.shows('offline, retrying');
  ben.type('never sent\r');
  await ben.shows('never sent');
  await server.restore();
  await ben.shows('Your session was lost with it');
  await ben.shows('Unsent messages, which are lost when you quit: 1.');
  ben.type(ctrlC);
  expect(await ben.exited).toBe(0);
});

test('with --plain, the client exits with a message when its session was lost with the restore', async () => {
  const ben = await benAfterTheBackup('--plain');
  await server.restore();
  await ben.shows('Your session was lost with it');
  await ben.shows('parley: your session has ended; messages not sent: 0');
  expect(await ben.exited).toBe(1);
});

test('after a restore the terminal client shows new messages, no lost ones, and a notice', async () => {
  const ben = new TerminalProgram(chat('--signup'), { PARLEY_PASSWORD: password });
  await ben.shows('online ·');
  const { users } = await ana.searchUsers({ q: 'ben' });
  room = await ana.conversations.createGroup({ name: 'Harbour', userIds: [users[0]?.id ?? ''] });
  await say('kept one');
  await server.backup();
  await say('lost one');
  await say('lost two');
  ben.type('/open Harbour\r');
  await ben.shows('lost two');

  const heard = new Promise((resolve) => ana.on('restored', ({ conversation }) => conversation && resolve(true)));
  await server.restore();
  await heard;
  await ben.shows('The server was restored from a backup.');
  await say('new one');
  await ben.shows('new one');
  expect(ben.text).toContain('kept one');
  expect(ben.text).not.toContain('lost one');
  expect(ben.text).not.toContain('lost two');
  ben.type('an answer\r');
  await ben.shows('an answer');
  await until('the server has the answer', () => room.data.lastMessage?.text === 'an answer');
  ben.type(ctrlC);
  expect(await ben.exited).toBe(0);
});
