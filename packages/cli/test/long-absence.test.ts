import { afterEach, beforeEach, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import { until } from '../../server/test/support/until.ts';
import { Network } from '../../web/test/support/network.ts';
import { ChatSession } from '../src/chat/chat-session.ts';
import { runCommand } from '../src/chat/commands.ts';
import { TerminalProgram } from './terminal.ts';

const cli = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const pageUp = '\u001b[5~';
const ctrlC = '\u0003';
/** More than a client fetches by itself; of these it fetches the newest 50. */
const missed = 230;
const skipped = '180 entries are not loaded';

let server: RunningServer;
let network: Network;
let mira: Person;
beforeEach(async () => {
  server = await RunningServer.start();
  network = new Network(Number(new URL(server.url).port));
  mira = await server.person('mira');
});
afterEach(async () => {
  network.close();
  await server.stop();
});

function chat(...more: string[]): string[] {
  return [process.execPath, cli, 'chat', '--server', network.url, '--user', 'ana', '--signup', ...more];
}

/** Mira writes a line to Ana. Resolves with a function that writes more lines. */
async function miraWrites(): Promise<(count: number) => Promise<void>> {
  const [ana] = (await server.call(mira, 'userSearch', { q: 'ana' })).users;
  const { id: conversationId } = await server.call(mira, 'openDirect', { userId: ana?.id ?? '' });
  let lines = 0;
  const write = async (count: number) => {
    for (let index = 0; index < count; index++) {
      const text = `line ${lines++}.`;
      await server.call(mira, 'sendMessage', { conversationId, clientMessageId: `m${lines}`, text });
    }
  };
  await write(1);
  return write;
}

const numbersIn = (text: string) => [...text.matchAll(/line (\d+)\./g)].map(([, number]) => Number(number));
const upTo = (last: number, first = 0) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** Ana's session with the chat with Mira open, after an absence in which Mira wrote `count` messages. */
async function backAfter(count: number) {
  const ana = await server.person('ana');
  const client = await server.client(ana);
  client.connect();
  await client.live();
  const session = new ChatSession(client, server.url);
  const shown = new Promise((resolve) => client.on('entry', ({ kind }) => kind === 'message' && resolve(true)));
  const write = await miraWrites();
  await shown;
  await runCommand(session, '/open mira');
  client.close();
  await write(count);
  client.connect();
  await client.live();
  return { client, session };
}

test('a conversation has a line for skipped entries, and loads them in order, also in two steps', async () => {
  const { client, session } = await backAfter(missed + 100);
  const lines = () => session.shown.map(({ text }) => text);
  expect(lines().slice(1, 4)).toEqual(['line 0.', '280 entries are not loaded; /load loads them', 'line 281.']);
  await runCommand(session, '/load');
  expect(lines().slice(1, 4)).toEqual(['line 0.', '80 entries are not loaded; /load loads them', 'line 81.']);
  await runCommand(session, '/load');
  expect(lines().slice(1)).toEqual(upTo(missed + 100).map((number) => `line ${number}.`));
  await runCommand(session, '/load');
  expect(session.notices).toEqual(['All entries are loaded.']);
  client.close();
});

test('a gap stays, with a notice, when it can’t be loaded without a connection', async () => {
  const { client, session } = await backAfter(missed);
  client.close();
  await runCommand(session, '/load');
  expect(session.notices).toEqual(['These entries can only be loaded with a connection.']);
  expect(session.shown.map(({ text }) => text)).toContain(`${skipped}; /load loads them`);
});

test('a conversation that was opened without a connection is loaded when there is one', async () => {
  const ana = await server.person('ana');
  const write = await miraWrites();
  await write(2);
  const client = await server.client(ana);
  client.connect();
  await client.live();
  const session = new ChatSession(client, server.url);
  client.close();
  await runCommand(session, '/open mira');
  expect(session.shown).toEqual([]);
  const shown = new Promise<void>((resolve) => {
    session.onChange(() => session.shown.length === 4 && resolve());
  });
  client.connect();
  await shown;
  expect(session.shown.slice(1).map(({ text }) => text)).toEqual(['line 0.', 'line 1.', 'line 2.']);
  client.close();
});

test('on the screen, scrolling up to a gap loads it', async () => {
  const screen = new TerminalProgram(chat(), { PARLEY_PASSWORD: 'a good password' });
  await screen.shows('online ·');
  const write = await miraWrites();
  await screen.shows('○ mira 1');
  screen.type('\t');
  await screen.shows('line 0.');
  network.cut();
  await screen.shows('offline');
  await write(missed);
  network.mend();
  await screen.shows(`line ${missed}.`);
  for (let page = 0; page < 3; page++) screen.type(pageUp);
  await screen.shows('line 170.');
  for (let page = 0; page < 15; page++) screen.type(pageUp);
  await screen.shows(/line 0\.\s*\n.*line 1\./);
  screen.type(ctrlC);
  expect(await screen.exited).toBe(0);
});

/** Ana's chat with --plain. */
function plainChat() {
  const program = Bun.spawn(chat('--plain'), {
    env: { ...process.env, PARLEY_PASSWORD: 'a good password' },
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  });
  let output = '';
  let hasExited = false;
  const read = async () => {
    for await (const text of program.stdout.pipeThrough(new TextDecoderStream())) output += text;
    hasExited = true;
  };
  void read();
  return {
    /** Resolves when it has printed `wanted`, with all that it has printed since the previous call. */
    async prints(wanted: string): Promise<string> {
      await until(`the program prints ${wanted}`, () => {
        if (hasExited && !output.includes(wanted)) throw new Error(`it exited and printed only:\n${output}`);
        return output.includes(wanted);
      });
      const printed = output;
      output = '';
      return printed;
    },
    type(line: string): void {
      program.stdin.write(`${line}\n`);
      program.stdin.flush();
    },
    async ends(): Promise<void> {
      program.stdin.end();
      expect(await program.exited).toBe(0);
    },
  };
}

test('--plain reports skipped entries, and /load prints them', async () => {
  const { prints, type, ends } = plainChat();
  await prints('Hello');
  const write = await miraWrites();
  await prints('line 0.');
  type('/open mira');
  network.cut();
  await write(missed);
  network.mend();
  const printed = await prints(`line ${missed}.`);
  expect(printed).toContain(`* mira: ${skipped}. /open the conversation, then /load loads them.`);
  expect(numbersIn(printed)).toEqual(upTo(missed, 181));
  type('/load');
  expect(numbersIn(await prints('line 180.'))).toEqual(upTo(180, 1));
  await ends();
});

test('--plain: after two absences /load prints the entries that either skipped, each once', async () => {
  const bella = await server.person('bella');
  const { prints, type, ends } = plainChat();
  await prints('Hello');
  const write = await miraWrites();
  await prints('line 0.');
  const [ana] = (await server.call(bella, 'userSearch', { q: 'ana' })).users;
  const { id: conversationId } = await server.call(bella, 'openDirect', { userId: ana?.id ?? '' });
  await server.call(bella, 'sendMessage', { conversationId, clientMessageId: 'b1', text: 'hello' });
  await prints('bella: hello');
  type('/open mira');
  network.cut();
  await write(330);
  network.mend();
  expect(numbersIn(await prints('line 330.'))).toEqual(upTo(330, 281));
  type('/open bella');
  type('/members');
  await prints('bella (bella), member');
  await write(5);
  expect(numbersIn(await prints('line 335.'))).toEqual(upTo(335, 331));
  network.cut();
  await write(missed);
  network.mend();
  expect(numbersIn(await prints('line 565.'))).toEqual(upTo(565, 516));
  type('/open mira');
  type('/load');
  expect(numbersIn(await prints('line 515.'))).toEqual(upTo(515, 336));
  type('/load');
  expect(numbersIn(await prints('line 280.'))).toEqual(upTo(280, 81));
  type('/open bella');
  type('/open mira');
  type('/load');
  expect(numbersIn(await prints('line 80.'))).toEqual(upTo(80, 1));
  type('/load');
  expect(numbersIn(await prints('All entries are loaded.'))).toEqual([]);
  await ends();
});
