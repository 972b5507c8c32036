// How results are shown: a row for each mutation, a JSON object, and the table of docs/TESTING.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { basename, join } from 'node:path';
import { root } from '../workspace.mjs';
import { testingDocument } from './faults.mjs';

const begin = '<!-- mutations: written by "npm run mutate -- --write" -->';
const end = '<!-- end of mutations -->';
const { bun: bunVersion } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies;

export function tableRow({ mutation, caughtBy, fault, seconds }) {
  const { name, breaks, test } = mutation;
  const catcher = `\`${testName(test)}\`: ${escaped(caughtBy ?? `**not caught**: ${fault}`)}`;
  return `| \`${name}\` | ${escaped(breaks)} | ${catcher} | ${seconds.toFixed(1)} |`;
}

/** The path of a test file as tables name it, without package folders and extension. */
function testName(test) {
  return test.replace(/^packages\//, '').replace(/\.test\.ts$/, '');
}

function escaped(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '\\<');
}

export function summary(results, { seconds, notRun }) {
  return JSON.stringify({
    mutations: results.length,
    caught: results.filter(({ caughtBy }) => caughtBy !== undefined).length,
    notRun,
    seconds: Math.round(seconds),
    results: results.map(
      ({ mutation: { name, file }, caughtBy = null, message = null, fault = null, seconds: took }) => ({
        ...{ name, file: basename(file), caughtBy, message, fault, seconds: Number(took.toFixed(1)) },
      }),
    ),
  });
}

/** Replaces the table in the document. */
export function writeTable(results, seconds) {
  const path = join(root, testingDocument);
  const [before, rest] = readFileSync(path, 'utf8').split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${testingDocument} has no lines ${begin} and ${end}`);
  const [processor] = cpus();
  const machine = `${cpus().length} × ${processor?.model ?? arch()}, ${platform()}, Bun ${bunVersion}`;
  const table = [
    `\`npm run mutate -- --write\` on ${new Date().toISOString().slice(0, 10)}, ${machine}: all of ${results.length}`,
    `mutations were caught, in ${Math.round(seconds)} s.`,
    '',
    '| mutation | breaks | caught by | s |',
    '|---|---|---|---|',
    ...results.map(tableRow),
  ];
  writeFileSync(path, `${before}${begin}\n${table.join('\n')}\n${end}${after}`);
}
