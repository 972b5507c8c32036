import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HandMade, message } from '../../server/test/checker/recording.ts';
import { parley } from './parley.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-check-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function checked(lines: readonly string[]) {
  const file = join(folder, 'recording.jsonl');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return { file, ...(await parley(['check', file])) };
}

test('"check" counts the lines of a recording without violations', async () => {
  const { lines } = new HandMade().send('ana', 'one', 2).entry('ben', message('ana', 'one', 2));
  expect(await checked(lines)).toMatchObject({
    code: 0,
    output: '8 lines, 1 conversations, 0 violations\n',
    errors: '',
  });
});

test('"check" prints the number of the contract and the lines that show the violation, and exits with 1', async () => {
  const { lines } = new HandMade()
    .send('ana', 'one', 2)
    .entry('ben', message('ana', 'one', 2))
    .send('ana', 'one', 3);
  const { code, output } = await checked(lines);
  expect(code).toBe(1);
  const printed = output.trimEnd().split('\n');
  expect(printed[0]).toBe('contract 2, acknowledged-twice: message one was acknowledged as 2 and as 3');
  const numbered = [1, 2, 6, 7, 9, 10].map((number) => `  line ${number}\t${lines[number - 1]}`);
  expect(printed.slice(1, 7)).toEqual(numbered);
  expect(printed.at(-1)).toBe('10 lines, 1 conversations, 1 violations');
});

test('"check" refuses a file that is no recording with the number of the line, and one that does not exist', async () => {
  const invalid = await checked(['{"type":"recording","version":1}', '{"type":"sent"}']);
  expect(invalid).toMatchObject({ code: 1, output: '' });
  expect(invalid.errors).toStartWith(
    `parley: ${invalid.file}: line 2: has the unknown type "sent"; allowed: recording, `,
  );
  const missing = await parley(['check', join(folder, 'missing.jsonl')]);
  expect(missing).toMatchObject({ code: 1, output: '' });
  expect(missing.errors).toContain("parley: can't read ");
});
