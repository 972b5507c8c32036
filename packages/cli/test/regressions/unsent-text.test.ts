import { afterEach, beforeEach, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { defaultRuntime, HttpApi } from '@parley/sdk';
import { type Person, RunningServer } from '../../../server/test/support/running-server.ts';
import { Network } from '../../../web/test/support/network.ts';
import { parley } from '../parley.ts';
import { TerminalProgram } from '../terminal.ts';

const cli = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const password = 'a good password';
const environment = { PARLEY_PASSWORD: password };
const ctrlC = '\u0003';
const tooLong = 'x'.repeat(10_001);

let server: RunningServer;
let network: Network;
let mira: Person;
let ana: Person;
const programs: TerminalProgram[] = [];
beforeEach(async () => {
  server = await RunningServer.start();
  network = new Network(Number(new URL(server.url).port));
  mira = await server.person('mira');
  ana = await new HttpApi(server.url, defaultRuntime()).call('signup', { username: 'ana', password });
});
afterEach(async () => {
  for (const program of programs.splice(0)) program.kill();
  network.close();
  await server.stop();
});

const args = (...more: string[]) => ['chat', '--server', network.url, '--user', 'ana', ...more];

function screen(): TerminalProgram {
  const program = new TerminalProgram([process.execPath, cli, ...args()], environment);
  programs.push(program);
  return program;
}

async function direct(): Promise<string> {
  return (await server.call(mira, 'openDirect', { userId: ana.account.id })).id;
}

async function texts(): Promise<string[]> {
  const { entries } = await server.call(mira, 'getHistory', { conversationId: await direct() });
  return entries.flatMap((entry) => (entry.kind === 'message' ? [entry.text] : []));
}

async function terminalSessions(): Promise<unknown[]> {
  const { sessions } = await server.call(ana, 'listSessions', {});
  return sessions.filter(({ device }) => device === 'terminal');
}

test('--plain reports a refused line, sends the others, and fails with the number of lines not sent', async () => {
  const input = ['no conversation yet', '/open mira', tooLong, 'two', 'three', ''].join('\n');
  const { code, output, errors } = await parley(args('--plain'), input, environment);
  expect([code, errors]).toEqual([1, 'parley: messages not sent: 2\n']);
  expect(output).toContain('* Not sent to mira: “xxx');
  expect(await texts()).toEqual(['two', 'three']);
});

test('no session is left when the terminal client ends', async () => {
  const { code } = await parley(args('--plain'), '/open mira\nhello\n', environment);
  expect(code).toBe(0);
  expect(await terminalSessions()).toEqual([]);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`no session is left when ${signal} ends the terminal client`, async () => {
    const program = Bun.spawn([process.execPath, cli, ...args('--plain')], {
      env: { ...process.env, ...environment },
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'inherit',
    });
    for await (const text of program.stdout.pipeThrough(new TextDecoderStream())) if (text.includes('Hello')) break;
    expect(await terminalSessions()).toHaveLength(1);
    program.kill(signal);
    expect(await program.exited).toBeGreaterThan(128);
    expect(await terminalSessions()).toEqual([]);
  });
}

/** A screen that was told to quit while a message waits for the connection. */
async function quittingWithUnsentMessage(): Promise<TerminalProgram> {
  await server.call(mira, 'sendMessage', { conversationId: await direct(), clientMessageId: 'm1', text: 'hello ana' });
  const chat = screen();
  await chat.shows('online ·');
  chat.type('\t');
  await chat.shows('hello ana');
  network.cut();
  await chat.shows('offline');
  chat.type('on my way\r');
  await chat.shows('on my way …');
  chat.type(ctrlC);
  await chat.shows('Waiting until everything is sent: 1.');
  return chat;
}

test('on the screen, quitting waits for messages that are not sent, and a second Ctrl+C reports their number', async () => {
  const chat = await quittingWithUnsentMessage();
  chat.type(ctrlC);
  await chat.exited;
  await chat.shows('Messages not sent: 1');
});

test('on the screen, quitting ends by itself when the last message is sent', async () => {
  const chat = await quittingWithUnsentMessage();
  network.mend();
  expect(await chat.exited).toBe(0);
  expect(await texts()).toEqual(['hello ana', 'on my way']);
  expect(await terminalSessions()).toEqual([]);
});

test('on the screen, a text that is submitted without an open conversation stays in the input box', async () => {
  const chat = screen();
  await chat.shows('online ·');
  chat.type('a long text\r');
  await chat.shows(/No conversation is open\.[\s\S]*> a long text/);
  chat.type(ctrlC);
  expect(await chat.exited).toBe(0);
});
