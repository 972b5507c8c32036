import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from '../../server/test/support/server-process.ts';
import { until } from '../../server/test/support/until.ts';
import { TerminalProgram } from './terminal.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const password = 'a good password';
const esc = '\u001b';
const ctrlC = '\u0003';
// The escape sequence that sets a colour: 3x, 4x, 9x, 10x. Bold, dim and inverse are not colours.
const colour = new RegExp(`${esc}\\[(3\\d|4\\d|9\\d|10\\d)[;m]`);
const pageUp = `${esc}[5~`;

let data: string;
let server: ServerProcess;
beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'parley-chat-'));
  server = await ServerProcess.start({
    settings: { data },
    command: ['npm', '--prefix', root, 'start', '--silent', '--'],
  });
});
afterAll(async () => {
  await server.stop();
  rmSync(data, { recursive: true, force: true });
});

function command(user: string, ...more: string[]): string[] {
  const options = ['--server', server.url, '--user', user, '--signup', ...more];
  return ['npm', '--prefix', root, 'run', 'chat', '--silent', '--', ...options];
}

function terminal(user: string, environment: Record<string, string> = {}): TerminalProgram {
  return new TerminalProgram(command(user), { PARLEY_PASSWORD: password, ...environment });
}

test('two people in two terminals find each other, write several lines, scroll, and quit', async () => {
  const [ana, ben] = [terminal('ana'), terminal('ben')];
  await Promise.all([ana.shows('online ·'), ben.shows('online ·')]);
  ana.type('/find be\r');
  await ana.shows('● ben (ben)');
  ana.type('/open ben\r');
  await ana.shows('ana opened this chat');
  // Alt+Enter inserts a line break, Enter sends.
  ana.type(`good morning${esc}\rsecond line 😀\r`);
  await ben.shows(/● ana 1/);
  ben.type('\t');
  await ben.shows(/good morning\s*\n.*second line 😀/);
  // After reading, the unread count is gone.
  await ben.shows(/● ana\s+│/);
  ben.type('and to you');
  // The notice disappears after some seconds without typing.
  const typing = setInterval(() => ben.type('!'), 1_000);
  await ana.shows('ben is typing').finally(() => clearInterval(typing));
  ben.type('\r');
  await ana.shows('and to you');

  for (let line = 1; line <= 60; line++) ana.type(`line number ${line}.\r`);
  await ben.shows('line number 60.');
  expect(ben.text).not.toContain('line number 1.');
  for (let page = 0; page < 5; page++) ben.type(pageUp);
  await ben.shows('good morning');
  expect(ben.text).not.toContain('line number 60.');

  ana.type(ctrlC);
  await ben.shows('○ ana');
  ben.type('/quit\r');
  expect(await Promise.all([ana.exited, ben.exited])).toEqual([0, 0]);
});

test('groups and channels are created, joined, listed and left from the terminal', async () => {
  const [cleo, dan] = [terminal('cleo'), terminal('dan')];
  await Promise.all([cleo.shows('online ·'), dan.shows('online ·')]);
  cleo.type('/group Hiking club: dan\r');
  await dan.shows('& Hiking club');
  cleo.type('/channel Announcements\r');
  await cleo.shows('# Announcements');
  dan.type('/join announcements\r');
  await Promise.all([cleo.shows('dan joined'), dan.shows('dan joined')]);
  dan.type('/members\r');
  await dan.shows('cleo (cleo), owner');
  dan.type('/leave\r');
  await cleo.shows('dan left');
  for (const each of [cleo, dan]) each.type(ctrlC);
  expect(await Promise.all([cleo.exited, dan.exited])).toEqual([0, 0]);
});

test('with NO_COLOR the screen has no colours', async () => {
  const program = Bun.spawn(command('monochrome'), {
    env: { ...withoutCi(), PARLEY_PASSWORD: password, NO_COLOR: '1', TERM: 'xterm-256color' },
    terminal: { cols: 80, rows: 24, data: (_, chunk) => drawn.push(Buffer.from(chunk).toString()) },
  });
  const drawn: string[] = [];
  await until('the screen shows the connection', () => drawn.join('').includes('online'));
  program.terminal?.write(ctrlC);
  expect(await program.exited).toBe(0);
  expect(drawn.join('')).not.toMatch(colour);
});

test('hostile text in messages does not control the terminal', async () => {
  const [eve, fay] = [terminal('eve'), terminal('fay')];
  await Promise.all([eve.shows('online ·'), fay.shows('online ·')]);
  const login = await fetch(`${server.url}/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'eve', password }),
  });
  const { token } = (await login.json()) as { token: string };
  const api = async (path: string, body: object) =>
    (await fetch(server.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).then((answer) => answer.json())) as { id: string; users: { id: string }[] };
  const found = await fetch(`${server.url}/v1/users?q=fay`, { headers: { authorization: `Bearer ${token}` } });
  const { users } = (await found.json()) as { users: { id: string }[] };
  const { id } = await api('/v1/direct', { userId: users[0]?.id });
  const text = `${esc}[2J${esc}[31mred${esc}]0;title\u0007 \u202eright to left`;
  await api(`/v1/conversations/${id}/messages`, { clientMessageId: '1', text });
  await fay.shows('● eve 1');
  fay.type('\t');
  await fay.shows('␛[2J␛[31mred␛]0;title␇');
  expect(fay.text).toContain('eve');
  for (const each of [eve, fay]) each.type(ctrlC);
  await Promise.all([eve.exited, fay.exited]);
});

test('formatting is shown in the styles that the terminal has, and by its markers where it has none', async () => {
  const [kim, lea] = [terminal('kim'), terminal('lea', { TERM: 'linux' })];
  await Promise.all([kim.shows('online ·'), lea.shows('online ·')]);
  kim.type('/open lea\r');
  await kim.shows('kim opened this chat');
  kim.type(`**Bold** *Italic* ~~Strike~~ \`Code\` 2*3*4\r`);
  kim.type('> Quoted\r- Item\r');
  await lea.shows(/kim \d/);
  lea.type('\t');
  // The second message may arrive while the first is being loaded.
  await lea.shows(/Bold[\s\S]*Item/);
  // Messages that are not sent yet are dimmed.
  await until('the last message is sent', () => kim.stylesOf('– Item')?.length === 0);
  expect(kim.stylesOf('Bold')).toEqual(['bold']);
  expect(kim.stylesOf('Italic')).toEqual(['italic']);
  expect(kim.stylesOf('Strike')).toEqual(['strike']);
  expect(kim.stylesOf('Code')).toEqual(['coloured']);
  expect(kim.stylesOf('2*3*4')).toEqual([]);
  expect(kim.stylesOf('│ Quoted')).toEqual(['dim']);
  expect(lea.stylesOf('Bold')).toEqual(['bold']);
  expect(lea.text).toContain('Bold *Italic* ~~Strike~~ Code 2*3*4');
  for (const each of [kim, lea]) each.type(ctrlC);
  await Promise.all([kim.exited, lea.exited]);
});

test('--plain reads and prints lines, and exits at the end of the input when everything is sent', async () => {
  const run = (user: string, input: string) =>
    Bun.spawn(command(user, '--plain'), {
      env: { ...process.env, PARLEY_PASSWORD: password },
      stdin: new Blob([input]),
      stdout: 'pipe',
      stderr: 'inherit',
    });
  const first = run('gus', '');
  expect(await first.exited).toBe(0);
  const writer = run('hal', '/open gus\nhello from a pipe\n//slash\n/nonsense\n');
  const output = await new Response(writer.stdout).text();
  expect(await writer.exited).toBe(0);
  expect(output).toContain('* Hello, hal.');
  expect(output).toMatch(/\d\d:\d\d \[gus\] hal: hello from a pipe\n/);
  expect(output).toMatch(/\[gus\] hal: \/slash\n/);
  expect(output).toContain('* Unknown command /nonsense. /help lists the commands.');
  expect(output).not.toContain(esc);
});

function withoutCi(): Record<string, string | undefined> {
  const { CI: _, CONTINUOUS_INTEGRATION: __, ...rest } = process.env;
  return rest;
}
