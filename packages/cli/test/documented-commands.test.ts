import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ParleyClient } from '@parley/sdk';
import { type GivenSettings, variableOf } from '@parley/server';
import { ClusterUnderTest } from '../../server/test/support/cluster-services.ts';
import { freePort } from '../../server/test/support/free-port.ts';
import { ServerProcess } from '../../server/test/support/server-process.ts';
import { titleWith, withoutService } from '../../server/test/support/services.ts';
import { documentedCommands, root } from './documented-commands.ts';
import { TerminalProgram } from './terminal.ts';

const ctrlC = '\u0003';
const backspace = '\u007f';
const password = 'pässwört ✓9';

/** What somebody does once the command is given: waits for what shows, and types. */
type Conversation = (terminal: TerminalProgram) => Promise<void> | void;

/** Commands in the order in which one gives them, each as its document has it. */
type Script = [command: string, converse: Conversation][];

const ends = (...shown: (string | RegExp)[]): Conversation => {
  return async (terminal) => {
    for (const each of shown) await terminal.shows(each);
    expect(await terminal.exited).toBe(0);
  };
};

const refuses = (shown: string): Conversation => {
  return async (terminal) => {
    await terminal.shows(shown);
    expect(await terminal.exited).toBe(1);
  };
};

const serves = (shown: string): Conversation => {
  return async (terminal) => {
    await terminal.shows(shown);
    await stopped(terminal);
  };
};

/** Ctrl+C; npm's own status after it is 130, so that what the server says tells whether it stopped in order. */
async function stopped(terminal: TerminalProgram): Promise<void> {
  terminal.type(ctrlC);
  await terminal.shows('Stopped.');
  await terminal.exited;
}

/** Types the password with a mistake that is taken back, and sees nothing of it. */
async function typePassword(terminal: TerminalProgram): Promise<void> {
  await terminal.shows('Password:');
  terminal.type(`${password}éx${backspace}${backspace}\r`);
}

let folder: string;
/** What stands in the documents for something of the reader's own. */
let own: [written: string, here: string][] = [];
let environment: Record<string, string> = {};

/** Gives the command in a terminal of its own; npm's at the root, as their documents say, others in a folder. */
function give(command: string): TerminalProgram {
  const here = own.reduce((text, [written, ours]) => text.replaceAll(written, ours), command);
  const cwd = /^np[mx] /.test(command) ? root : folder;
  const path = `${join(folder, 'bin')}:${process.env['PATH']}`;
  return new TerminalProgram(['bash', '-c', `cd "${cwd}" && ${here}`], { ...environment, PATH: path });
}

async function play(script: Script): Promise<void> {
  for (const [command, converse] of script) {
    const terminal = give(command);
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
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const chat = (user: string) => `npm run chat -- --server http://localhost:8080 --user ${user} --signup`;

const newcomer: Script = [
  ['npm start -- --help', ends('PARLEY_LOG_LEVEL')],
  ['npm start -- SETTINGS', serves('Parley serves')],
  ['npm start -- --port 8081 --data DIR', serves('Parley serves')],
];

describe('what a newcomer is told to type', () => {
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
    const server = give('npm start');
    await server.shows('Parley serves');
    environment = {};
    const [ana, ben] = [give(chat('ana')), give(chat('ben'))];
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

  test('other ports and folders, and the help', () => play(newcomer));
});

const asking: Conversation = async (terminal) => {
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
  ['parley verify --data data', ends('1 conversations, 2 entries, 0 faults')],
  ['parley trace 0198c5d2-7be1-7cc0-b2b9-6f1f1f0e6f11', ends('decided')],
  ['parley trace ID --data data', ends('decided')],
];

const administratorOfStopped: Script = [
  ['parley restore backup-2026-05-01.db --data data', ends('1 conversations, 2 entries restored')],
];

test('what an administrator is told to type, beside a server that runs, and without one', async () => {
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

const role = (name: string): [string, Conversation] => [
  `parley serve --shape cluster --roles ${name} SERVICES`,
  serves(`as '${name}'`),
];
const operator: Script = [
  ['parley cluster init --shards 64 --replication-factor 3 SERVICES', ends('a cluster of 8 shards is there')],
  ...['gateway', 'messaging', 'distribution'].map(role),
  ['parley cluster status', ends('commandsSetAside')],
  ['parley cluster shards', ends(/7\s+\w/)],
  ['parley cluster move 5 second', ends('shard 5 is on one')],
  ['parley cluster accept-loss', refuses('the log of commands has everything')],
  ['parley cluster accept-loss main', ends(/shard 5 on one has epoch/)],
  ['parley cluster upgrade', ends(/feature level \d+ was enabled before/)],
  ['parley cluster verify', ends('0 faults')],
  ['parley cluster verify --repair', ends('0 mended')],
];

const absent = withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
test.skipIf(absent !== null)(
  titleWith('what the operator of a cluster is told to type', absent),
  async () => {
    const cluster = await ClusterUnderTest.make();
    const settings: GivenSettings = { ...cluster.settings, port: '0', 'drain-ms': '0', 'drain-notice-ms': '0' };
    environment = Object.fromEntries(Object.entries(settings).map(([name, value]) => [variableOf(name), value]));
    // One broker, few shards and two databases stand for those of a real cluster; the environment names them.
    own = [
      ['--shards 64', '--shards 8'],
      ['--replication-factor 3', '--replication-factor 1'],
      ['second', 'one'],
      ['accept-loss main', 'accept-loss one'],
      ['SERVICES', ''],
    ];
    await play(operator);
    await cluster.remove();
  },
  300_000,
);

/** Why a command isn't given here, with what shows it instead. */
const elsewhere: [commands: RegExp, reason: string][] = [
  [/^npm (test|run check)\b/, 'these tests are run by it: it would run itself'],
  [/^npm run (fix|pictures)\b/, 'changes the files that are being tested'],
  [/^npm run services\b/, 'starts and stops the services that other tests use'],
  [/^npm run cluster\b/, 'has HAProxy serve on the port that people use, over services that it leaves running'],
  [/^npm run build$/, 'cli/test/single-file runs it'],
  [
    /^npm (run packages|pack( --ignore-scripts=false)?|install parley-.*)$/,
    'sdk/test/package packs and installs the packages',
  ],
  [/^npm (install --package-lock-only|publish FILE)$/, 'changes the version, and publishes it'],
  [/^dist\/parley serve SETTINGS$/, 'cli/test/single-file runs it'],
  [/^npx bun bench\//, 'measures for minutes, and needs the machine for itself'],
  [/^pg_basebackup /, 'copies a whole PostgreSQL server; cluster/restore restores one of its own'],
  [/^(docker|kubectl) /, 'needs a container engine or a Kubernetes; test/deploy checks the files that it reads'],
];

/** A mention is the beginning of a command that is given in full elsewhere. */
function isMention(command: string, all: ReadonlySet<string>): boolean {
  return [...all].some((other) => other.startsWith(`${command} `));
}

describe('every command of the documents', () => {
  const all = documentedCommands();
  const given = new Set([
    ...['npm start', chat('ana'), chat('ben')],
    ...[newcomer, administrator, administratorOfStopped, operator].flat().map(([command]) => command),
  ]);

  test('is given here, or is named with the reason why not', () => {
    const forgotten = [...all].filter(
      (command) =>
        !given.has(command) && !isMention(command, all) && !elsewhere.some(([commands]) => commands.test(command)),
    );
    expect(forgotten).toEqual([]);
    expect([...given].filter((command) => !all.has(command))).toEqual([]);
    expect(elsewhere.filter(([commands]) => ![...all].some((command) => commands.test(command)))).toEqual([]);
  });

  test('that is not given here is one that a shell can read, over scripts and files that are there', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    for (const command of [...all].filter((each) => !given.has(each))) {
      const { exitCode, stderr } = Bun.spawnSync(['bash', '-n', '-c', command]);
      expect([command, exitCode, String(stderr)]).toEqual([command, 0, '']);
      const script = /^npm (?:run (\S+)|(start|test)\b)/.exec(command)?.slice(1).find(Boolean);
      if (script !== undefined)
        expect([command, Object.keys(scripts)]).toEqual([command, expect.arrayContaining([script])]);
      const files = command.match(/\b(?:bench|packages|deploy)\/\S+/g) ?? [];
      expect([command, files.filter((file) => !existsSync(join(root, file)))]).toEqual([command, []]);
      const bench = /bench\/\S+/.exec(command)?.[0];
      const options = bench === undefined ? [] : command.matchAll(/ --([a-z-]+)/g);
      const source = bench === undefined ? '' : readFileSync(join(root, bench), 'utf8');
      for (const [, option] of options)
        expect([
          command,
          option,
          source.includes(`${option}: { type`) || source.includes(`'${option}': { type`),
        ]).toEqual([command, option, true]);
    }
  });
});
