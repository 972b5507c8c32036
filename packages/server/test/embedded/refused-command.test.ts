import { expect, test } from 'bun:test';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { data, database, file, folder, notOurs, run, type Start, useFolder } from '../support/program-in-a-folder.ts';

useFolder();

const commands: [name: string, arrange: () => Start | undefined, args: string[], sentence: string][] = [
  [
    'stats',
    () => database(() => notOurs(file)),
    ['stats'],
    '--data: DATA/parley.db cannot be written: permission denied',
  ],
  [
    'stats',
    () => {
      mkdirSync(data);
    },
    ['stats'],
    '--data: there is no Parley database in DATA; `parley serve` creates one',
  ],
  ['verify', diary, ['verify'], 'DATA/parley.db cannot be read: it is not a database'],
  [
    'verify',
    () => database(() => notOurs(file)),
    ['verify'],
    'DATA/parley.db cannot be read: the file cannot be opened',
  ],
  ['trace', diary, ['trace', 'id'], 'DATA/parley.db cannot be read: it is not a database'],
  ['backup', diary, ['backup', 'FOLDER/copy'], 'DATA/parley.db cannot be read: it is not a database'],
  [
    'backup',
    () => database(() => undefined),
    ['backup', 'FOLDER/no/copy'],
    'FOLDER/no/copy.partial cannot be written: the file cannot be opened',
  ],
  ['backup', () => database(() => undefined), ['backup', 'FOLDER'], 'FOLDER already exists'],
  [
    'backup',
    limited,
    ['backup', 'FOLDER/copy'],
    'FOLDER/copy.partial cannot be written: the disk cannot be read or written: it is full, at a limit, or has a fault',
  ],
];

function diary(): undefined {
  mkdirSync(data);
  writeFileSync(file, 'Dear diary, '.repeat(1_000));
}

function limited(): Start {
  database(() => undefined);
  // Enough for the shared-memory file of the log, which every reader creates.
  return { limit: 'ulimit -f 40' };
}

test.each(commands)(
  'parley %s prints one sentence and no stack, exits with 1, and changes nothing',
  async (_, arrange, args, sentence) => {
    const path = (text: string) => text.replaceAll('DATA', data).replaceAll('FOLDER', folder);
    const start = arrange() ?? {};
    expect(await run([...args.map(path), '--data', data], start)).toEqual({
      code: 1,
      output: '',
      errors: `parley: ${path(sentence)}\n`,
    });
    expect(readdirSync(folder)).toEqual(['data']);
  },
);
