import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ParleyClient } from '@parley/sdk';
import { type GivenSettings, variableOf } from '@parley/server';
import { freePort } from '../../../tools/free-port.mjs';
import { ClusterUnderTest } from '../../server/test/support/cluster-services.ts';
import { ServerProcess } from '../../server/test/support/server-process.ts';
import { titleWith, withoutService } from '../../server/test/support/services.ts';
import { documentedCommands, root } from './documented-commands.ts';
import { TerminalProgram } from './terminal.ts';

const ctrlC = '\u0003';
const backspace = '\u007f';
const password = 'pässwört ✓9';

/** What the user does after the command has started: wait for output, and type. */
type Dialogue = (terminal: TerminalProgram) => Promise<void> | void;

/** Commands in order, each as its document has it. */
type Script = [command: string, converse: Dialogue][];

const ends = (...shown: (string | RegExp)[]): Dialogue => {
  return async (terminal) => {
    for (const each of shown) await terminal.shows(each);
    expect(await terminal.exited).toBe(0);
  };
};

const refuses = (shown: string): Dialogue => {
  return async (terminal) => {
    await terminal.shows(shown);
    expect(await terminal.exited).toBe(1);
  };
};

const serves = (shown: string): Dialogue => {
  return async (terminal) => {
    await terminal.shows(shown);
    await stopped(terminal);
  };
};

/** Presses Ctrl+C. npm exits with 130 then, so the server's output shows whether it stopped in order. */
async function stopped(terminal: TerminalProgram): Promise<void> {
  terminal.type(ctrlC);
  await terminal.shows('Stopped.');
  await terminal.exited;
}

/** Types the password with a mistake that is corrected. The terminal must not show it. */
async function typePassword(terminal: TerminalProgram): Promise<void> {
  await terminal.shows('Password:');
  terminal.type(`${password}éx${backspace}${backspace}\r`);
}

let folder: string;
/** Placeholders in the documents, and their values here. */
let own: [written: string, here: string][] = [];
let environment: Record<string, string> = {};

/** Runs the command in a terminal of its own: npm commands in the repository, others in a temporary folder. */
function run(command: string): TerminalProgram {
  const here = own.reduce((text, [written, ours]) => text.replaceAll(written, ours), command);
  const cwd = /^np[mx] /.test(command) ? root : folder;
  const path = `${join(folder, 'bin')}:${process.env['PATH']}`;
  return new TerminalProgram(['bash', '-c', `cd "${cwd}" && ${here}`], { ...environment, PATH: path });
}

async function play(script: Script): Promise<void> {
  for (const [command, converse] of script) {
    const terminal = run(command);
    await converse(terminal);
    expect(terminal.text).not.toContain('pässw');
    terminal.kill();
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-documented-'));
  await Bun.$`mkdir ${join(folder, 'bin')}`;
  const program = join(folder, 'bin', 'parley');
  writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${join(root, 'packages/cli/src/main.ts')} "$@"\n`);
  chmodSync(program, 0o755);
  const client = { type: 'client', timeMs: 0, client: 'ana', userId: crypto.randomUUID() };
  const recording = [{ type: 'recording', version: 1 }, client].map((line) => JSON.stringify(line));
  writeFileSync(join(folder, 'recording.jsonl'), recording.join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const chat = (user: string) => `npm run chat -- --server http://localhost:8080 --user ${user} --signup`;

const newcomer: Script = [
  ['npm start -- --help', ends('PARLEY_LOG_LEVEL')],
  ['npm start -- SETTINGS', serves('Parley serves')],
  ['npm start -- --port 8081 --data DIR', serves('Parley serves')],
];

describe('the commands for newcomers', () => {
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    own = [
      ['8080', String(port)],
      ['8081', String(await freePort())],
      ['DIR', join(folder, 'other')],
      ['SETTINGS', `--port 0 --data ${join(folder, 'third')}`],
    ];
    environment = { PARLEY_DRAIN_MS: '0' };
  });

  test('npm start serves; two people sign up with typed passwords, talk, and leave by Ctrl+C', async () => {
    environment = { ...environment, PARLEY_PORT: String(port), PARLEY_DATA: join(folder, 'first') };
    const server = run('npm start');
    await server.shows('Parley serves');
    environment = {};
    const [ana, ben] = [run(chat('ana')), run(chat('ben'))];
    await Promise.all([typePassword(ana), typePassword(ben)]);
    await Promise.all([ana.shows('online ·'), ben.shows('online ·')]);
    ana.type('/find ben\r');
    await ana.shows('ben (ben)');
    ana.type('/open ben\r');
    await ana.shows('ana opened this chat');
    ana.type('good morning\r');
    await ben.shows(/● ana 1/);
    ben.type('\t');
    await ben.shows('good morning');
    ben.type('and to you\r');
    await ana.shows('and to you');
    for (const each of [ana, ben]) each.type(ctrlC);
    expect(await Promise.all([ana.exited, ben.exited])).toEqual([0, 0]);
    await stopped(server);
  });

  test('npm start accepts another port, another folder and --help', () => play(newcomer));
});

const asking: Dialogue = async (terminal) => {
  await typePassword(terminal);
  expect(await terminal.exited).toBe(0);
};

const administrator: Script = [
  ['parley serve --help', ends('PARLEY_LOG_LEVEL')],
  ['parley user create ana --data data', asking],
  ['parley user create USERNAME --administrator', asking],
  ['parley user list --data data', ends('ana')],
  ['parley user disable ana --data data', ends('disabled')],
  ['parley user enable ana --data data', ends('ana')],
  ['parley user reset-password ana --data data', asking],
  ['parley user invite --uses 10 --server https://chat.example.org --data data', ends('https://chat.example.org/#inv')],
  ['parley stats --data data', ends(/users\s+2/)],
  ['parley backup backup-2026-05-01.db --data data', ends('bytes in backup-2026-05-01.db')],
  ['parley followers --data data', ends('0 set aside')],
  ['parley followers reset totals --data data', ends('totals was reset')],
  ['parley verify --data data', ends('1 conversations, 2 entries, 0 faults')],
  ['parley check recording.jsonl', ends('2 lines, 0 conversations, 0 violations')],
  ['parley trace 0198c5d2-7be1-7cc0-b2b9-6f1f1f0e6f11', ends('decided')],
  ['parley trace ID --data data', ends('decided')],
];

const administratorOfStopped: Script = [
  ['parley restore backup-2026-05-01.db --data data', ends('1 conversations, 2 entries restored')],
];

test('the commands for administrators work beside a running server, and restore without one', async () => {
  environment = {};
  own = [['USERNAME', 'mira']];
  const server = await ServerProcess.start({ settings: { data: join(folder, 'data') } });
  await play(administrator.slice(0, 3));
  const client = new ParleyClient({ url: server.url });
  await client.login({ username: 'ana', password });
  client.connect();
  await client.live();
  const message = (await client.conversations.createChannel({ name: 'c' })).send('text');
  await message.sent();
  client.close();
  const id = message.clientMessageId;
  own = [
    ['0198c5d2-7be1-7cc0-b2b9-6f1f1f0e6f11', id],
    ['ID', id],
  ];
  await play(administrator.slice(3));
  await server.stop();
  await play(administratorOfStopped);
});

const role = (name: string): [string, Dialogue] => [
  `parley serve --shape cluster --roles ${name} SERVICES`,
  serves(`as '${name}'`),
];
const operator: Script = [
  ['parley cluster init --shards 64 --replication-factor 3 SERVICES', ends('the cluster exists, with 8 shards')],
  ...['gateway', 'messaging', 'distribution', 'followers'].map(role),
  ['parley cluster status', ends('commandsSetAside')],
  ['parley cluster shards', ends(/7\s+\w/)],
  ['parley cluster move 5 second', ends('shard 5 is on one')],
  ['parley cluster accept-loss', refuses('the command log has everything')],
  ['parley cluster accept-loss main', ends(/shard 5 on one has epoch/)],
  ['parley cluster redis', ends('the cluster uses 2 Redis servers')],
  ['parley cluster upgrade', ends(/feature level \d+ was enabled before/)],
  ['parley cluster verify', ends('0 faults')],
  ['parley cluster verify --repair', ends('0 repaired')],
];

const absent = withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
test.skipIf(absent !== null)(titleWith('the commands for operators of a cluster work', absent), async () => {
  const cluster = await ClusterUnderTest.make();
  const settings: GivenSettings = { ...cluster.settings, port: '0', 'drain-ms': '0', 'drain-notice-ms': '0' };
  environment = Object.fromEntries(Object.entries(settings).map(([name, value]) => [variableOf(name), value]));
  // The test cluster has one broker, few shards and two databases; the environment names them.
  own = [
    ['--shards 64', '--shards 8'],
    ['--replication-factor 3', '--replication-factor 1'],
    ['second', 'one'],
    ['accept-loss main', 'accept-loss one'],
    ['SERVICES', ''],
  ];
  await play(operator);
  await cluster.remove();
});

/** Commands that this test does not run, with the reason or with what runs them instead. */
const elsewhere: [commands: RegExp, reason: string][] = [
  [/^npm (test|run check)\b/, 'runs these tests, so it would run itself'],
  [/^npm run (fix|pictures)\b/, 'changes the files under test'],
  [/^npm run services\b/, 'starts and stops the services that other tests use'],
  [/^npm run cluster\b/, 'serves on a fixed port, and leaves services running'],
  [/^npm run build$/, 'cli/test/single-file runs it'],
  [
    /^npm (run packages|pack( --ignore-scripts=false)?|install parley-.*)$/,
    'sdk/test/package packs and installs the packages',
  ],
  [/^npm (install --package-lock-only|publish FILE)$/, 'changes or publishes the version'],
  [/^dist\/parley serve SETTINGS$/, 'cli/test/single-file runs it'],
  [/^npm run bench\b/, 'measures for minutes on an otherwise idle machine; bench/test checks its options'],
  [/^npm run capacity\b/, 'computes with what was measured; bench/test checks its options and what it writes'],
  [/^npm run simulate\b/, 'runs for minutes; .ci/run runs it, and server/test/simulator tests it'],
  [/^npm run fuzz\b/, 'runs the fuzz tests for a given time; `npm test` runs them with a fixed number of cases'],
  [/^npm run (sbom|licences)$/, 'tools/test/licences runs both programs'],
  [/^npm run mutate\b/, 'runs other tests for many minutes; .ci/run runs it, and tools/test/mutations checks its list'],
  [/^pg_basebackup /, 'copies a whole PostgreSQL server; cluster/restore restores a private one'],
  [/^(docker|kubectl) /, 'needs a container engine or Kubernetes; test/deploy checks the files that it reads'],
];

/** Whether the command is the beginning of one that a document has in full. */
function isMention(command: string, all: ReadonlySet<string>): boolean {
  return [...all].some((other) => other.startsWith(`${command} `));
}

describe('every command of the documents', () => {
  const all = documentedCommands();
  const tested = new Set([
    ...['npm start', chat('ana'), chat('ben')],
    ...[newcomer, administrator, administratorOfStopped, operator].flat().map(([command]) => command),
  ]);

  test('is run here, or listed with the reason why not', () => {
    const forgotten = [...all].filter(
      (command) =>
        !tested.has(command) && !isMention(command, all) && !elsewhere.some(([commands]) => commands.test(command)),
    );
    expect(forgotten).toEqual([]);
    expect([...tested].filter((command) => !all.has(command))).toEqual([]);
    expect(elsewhere.filter(([commands]) => ![...all].some((command) => commands.test(command)))).toEqual([]);
  });

  test('that is not run here parses in a shell, and names existing scripts, files and options', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    for (const command of [...all].filter((each) => !tested.has(each))) {
      const { exitCode, stderr } = Bun.spawnSync(['bash', '-n', '-c', command]);
      expect([command, exitCode, String(stderr)]).toEqual([command, 0, '']);
      const script = /^npm (?:run (\S+)|(start|test)\b)/.exec(command)?.slice(1).find(Boolean);
      if (script !== undefined)
        expect([command, Object.keys(scripts)]).toEqual([command, expect.arrayContaining([script])]);
      const files = command.match(/\b(?:bench|packages|deploy)\/\S+/g) ?? [];
      expect([command, files.filter((file) => !existsSync(join(root, file)))]).toEqual([command, []]);
    }
  });
});
