import { afterEach, beforeEach, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import { until } from '../../server/test/support/until.ts';
import { TerminalProgram } from './terminal.ts';

const cli = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const environment = { PARLEY_PASSWORD: 'a good password' };
const esc = '\u001b';
const up = '\u001b[A';
const ctrlC = '\u0003';

let server: RunningServer;
let mira: Person;
beforeEach(async () => {
  server = await RunningServer.start();
  mira = await server.person('mira');
});
afterEach(async () => {
  await server.stop();
});

const chat = (...more: string[]) => [
  ...[process.execPath, cli, 'chat', '--server', server.url, '--user', 'ana', '--signup'],
  ...more,
];

test('↑ edits the last own message, Escape leaves, and what was typed is kept', async () => {
  const ana = new TerminalProgram(chat(), environment);
  await ana.shows('online ·');
  ana.type('/open mira\r');
  await ana.shows('ana opened this chat');
  ana.type('first lien\r');
  await ana.shows(/ana +\d\d:\d\d/);
  ana.type(up);
  await ana.shows(/Enter saves, Esc leaves · editing ana: “first lien”\n> first lien/);
  ana.type('\u007f\u007f\u007fine\r');
  await ana.shows(/first line \(edited \d\d:\d\d\)/);
  await ana.shows(/online ·[^\n]*\n> *\n?/);

  // Escape leaves the edit: its text is not in the box any more, and the message is as before.
  ana.type(up);
  await ana.shows('> first line');
  ana.type(' never saved');
  await ana.shows('> first line never saved');
  ana.type(esc);
  await ana.shows(/online ·[^\n]*\n> *(\n|$)/);
  expect(ana.text).not.toContain('never saved');

  // What is typed after the command that begins a reply stays when the reply is left.
  ana.type('/reply first\r');
  await ana.shows('Enter sends, Esc leaves · reply to ana: “first line”');
  ana.type('half a thought');
  await ana.shows('> half a thought');
  ana.type(esc);
  await ana.shows(/online ·[^\n]*\n> half a thought/);
  // In a box with text, ↑ scrolls.
  ana.type(`${up}\r`);
  await until('the message is sent', () => /^ +│ +half a thought$/m.test(ana.text));
  expect(ana.text).not.toContain('↳');

  ana.type('/delete half\r');
  await ana.shows('Delete ana: “half a thought”?');
  ana.type('/confirm\r');
  await ana.shows(/│ +deleted/);
  expect(ana.text).not.toContain('half a thought');
  ana.type(ctrlC);
  expect(await ana.exited).toBe(0);
});

test('--plain prints amendments as lines of their own, and waits for its own at the end of the input', async () => {
  const program = Bun.spawn(chat('--plain'), {
    env: { ...process.env, ...environment },
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  });
  let output = '';
  const read = (async () => {
    for await (const chunk of program.stdout) output += Buffer.from(chunk).toString();
  })();
  const prints = (wanted: RegExp) => until(`the program prints ${wanted}`, () => wanted.test(output));
  const type = (text: string) => {
    program.stdin.write(text);
    program.stdin.flush();
  };
  type('/open mira\nhello\n');
  await prints(/^\d\d:\d\d \[mira\] ana: hello$/m);
  type('/edit hello\ngood morning\n/react 👍 good\n');
  await prints(/^~ \d\d:\d\d \[mira\] ana: good morning \(edited \d\d:\d\d\) {2}\[👍 1\]$/m);
  const { conversations } = await server.call(mira, 'getHomepage', {});
  const conversationId = conversations[0]?.id ?? '';
  const { entries } = await server.call(mira, 'getHistory', { conversationId });
  const { seq } = entries.at(-1) ?? { seq: 0 };
  const amend = (change: { kind: 'react'; emoji: string; set: boolean } | { kind: 'pin'; set: boolean }) =>
    server.call(mira, 'amendMessage', { conversationId, seq, amendmentId: crypto.randomUUID(), change });
  await amend({ kind: 'pin', set: true });
  await prints(/^~ .* pinned by mira {2}\[👍 1\]$/m);
  type('/delete good\n/confirm\n');
  program.stdin.end();
  expect(await program.exited).toBe(0);
  await read;
  const amended = output.split('\n').filter((line) => line.startsWith('~ '));
  expect(amended.at(-1)).toMatch(/^~ \d\d:\d\d \[mira\] ana: \(deleted\)$/);
  expect(new Set(amended).size).toBe(amended.length);
  expect(output).not.toContain(esc);
  const after = await server.call(mira, 'getHistory', { conversationId });
  expect(after.entries.at(-1)).toMatchObject({ seq, deleted: { byId: expect.any(String) } });
});
