import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TerminalProgram } from './terminal.ts';

const cli = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const ctrlC = '\u0003';

let folder: string;
let preload: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-typed-'));
  preload = join(folder, 'echo-at-prompt.ts');
  writeFileSync(preload, printEchoAtPrompt);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Makes the program print, before its prompt, whether the terminal's echo is on at that moment. */
const printEchoAtPrompt = `
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = (chunk, ...rest) => {
    if (!String(chunk).includes('Password: ')) return write(chunk, ...rest);
    const { stdout } = Bun.spawnSync(['stty', '-a'], { stdin: 'inherit' });
    return write((/ -echo /.test(String(stdout)) ? 'echo off ' : 'echo on ') + chunk, ...rest);
  };
`;

const commands = [
  ['chat', '--server', 'http://localhost:1', '--user', 'ana'],
  ['chat', '--server', 'http://localhost:1', '--user', 'ana', '--signup'],
  ['user', 'create', 'ana', '--data', 'DATA'],
  ['user', 'reset-password', 'ana', '--data', 'DATA'],
];

for (const command of commands) {
  const name = command.filter((word) => /^(chat|user|create|reset-password|--signup)$/.test(word)).join(' ');
  test(`parley ${name} switches the terminal's echo off before it prompts for the password`, async () => {
    const given = command.map((word) => (word === 'DATA' ? join(folder, 'data') : word));
    const terminal = new TerminalProgram([process.execPath, '--preload', preload, cli, ...given]);
    await terminal.shows('Password: ');
    expect(terminal.lines[0]).toStartWith('echo off Password: ');
    terminal.type(ctrlC);
    await terminal.shows('interrupted');
    expect(await terminal.exited).toBe(1);
  });
}
