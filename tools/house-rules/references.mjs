// Checks references in comments and documents to numbered races, guarantees and decisions, and to files.
import { join, posix } from 'node:path';
import { parseSync } from 'oxc-parser';

const numbered = [
  { name: 'race', pattern: /\braces? (\d+)(?: and (\d+))?/gi, file: 'docs/RACES.md' },
  { name: 'contract', pattern: /\bcontract (\d+)(?:(?:,| and| to) (\d+))?/gi, file: 'docs/CONTRACT.md' },
];
const decision = /\bADR (\d+)/g;
const decisionFile = /^docs\/adr\/0*(\d+)-/;

const link = /\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g;
const code = /`([^`\s]+)`/g;
/** Paths with the extensions of files in this repository; other extensions are of files that programs create. */
const filePath = /(?<![\w/@.-])((?:[\w-]+\/)+[\w.-]+\.(?:ts|tsx|mjs|md))(?![\w-])/g;
/** Documents whose tables name tests by a path without extension. */
const testTables = ['docs/CONTRACT.md', 'docs/RACES.md'];

/**
 * Reports references to things that do not exist.
 *
 * @param {readonly { path: string, text: string }[]} files sources and documents, with paths relative to the repository
 * @param {readonly string[]} paths of all files of the repository
 */
export function referenceFaults(files, paths) {
  const numbers = new Map(
    numbered.map(({ name, file }) => [name, rowNumbers(files.find(({ path }) => path === file))]),
  );
  const decisions = paths.flatMap((path) => decisionFile.exec(path)?.[1] ?? []);
  const repeated = decisions.filter((number, index) => decisions.indexOf(number) !== index);
  const ambiguous = [...new Set(repeated)].map((number) => `docs/adr: several decisions have the number ${number}`);
  const wrong = files.flatMap((file) => {
    const text = prose(file);
    const faults = [];
    for (const { name, pattern } of numbered) {
      for (const [, ...given] of text.matchAll(pattern)) {
        const missing = given.filter((number) => number && !numbers.get(name).has(number));
        faults.push(...missing.map((number) => `${name} ${number} is not defined`));
      }
    }
    for (const [, number] of text.matchAll(decision)) {
      if (!decisions.includes(number)) faults.push(`ADR ${number} does not exist`);
    }
    faults.push(...missingFiles(file, text, paths).map((path) => `${path} does not exist`));
    return faults.map((fault) => `${file.path}: ${fault}`);
  });
  return [...ambiguous, ...wrong];
}

/** The numbers in the first column of a document's table. */
function rowNumbers(document) {
  return new Set([...(document?.text ?? '').matchAll(/^\| (\d+) \|/gm)].map(([, number]) => number));
}

/** The text of a document; of a source file, its comments and the titles of its tests. */
function prose({ path, text }) {
  if (path.endsWith('.md')) return text;
  const comments = parseSync(path, text).comments.map(({ value }) => value);
  const titles = [...text.matchAll(/\b(?:test|describe)(?:\.\w+)*\(\s*(['`])((?:(?!\1).)*)\1/g)].map(
    (match) => match[2],
  );
  return [...comments, ...titles].join('\n');
}

function missingFiles(file, text, paths) {
  const exists = (path) => paths.some((one) => one === path || one.endsWith(`/${path}`));
  const missing = [...text.matchAll(filePath)].map(([, path]) => path).filter((path) => !exists(path));
  if (!file.path.endsWith('.md')) return missing;
  const folder = posix.dirname(file.path);
  for (const [, target] of text.matchAll(link)) {
    const path = join(folder, target);
    if (!paths.some((one) => one === path || one.startsWith(`${path.replace(/\/$/, '')}/`))) missing.push(target);
  }
  if (testTables.includes(file.path)) missing.push(...missingTests(text, paths));
  return missing;
}

/** Tests in a table's last column that do not exist: test files without extension, or folders of tests. */
function missingTests(text, paths) {
  const rows = text.split('\n').filter((line) => /^\| \d/.test(line));
  const named = rows.flatMap((row) => [...(row.split('|').at(-2) ?? '').matchAll(code)].map(([, name]) => name));
  const stems = paths.map((path) => path.replace(/(?:\.test|-contract)?\.tsx?$/, ''));
  return named.filter((name) => !stems.some((stem) => `/${stem}/`.includes(`/${name}/`)));
}
