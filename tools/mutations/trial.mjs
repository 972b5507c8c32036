// Runs tests in a copy of the tree, without and with a mutation.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testCases } from '../junit.mjs';
import { bunFile } from '../workspace.mjs';
import { titlePattern } from './title.mjs';

/** Above the time for which tests wait for a condition, so that a test says what it waited for. */
const testTimeoutMs = 120_000;
const runTimeoutMs = 300_000;
/** The tests of the server wait for this time, instead of a minute. */
const patienceMs = 20_000;
/**
 * Types of failures by which a test does not name what broke: the mutated program cannot run at all, or the runner gave
 * up instead of the test.
 */
const unnamed = new Set(['TypeError', 'ReferenceError', 'SyntaxError', 'TimeoutError']);

/**
 * Runs the tests with these titles in a file.
 *
 * @returns the test cases that were not skipped; none when the file does not load.
 */
export async function runTests(folder, test, titles, signal) {
  const report = join(folder, 'mutation-report.xml');
  rmSync(report, { force: true });
  const names = titles.map(titlePattern).join('|');
  const reporting = ['--reporter=junit', `--reporter-outfile=${report}`];
  const args = ['test', test, '--test-name-pattern', names, `--timeout=${testTimeoutMs}`, ...reporting];
  await ended(
    spawn(bunFile(), args, { cwd: folder, env: environment(), stdio: 'ignore', timeout: runTimeoutMs, signal }),
  );
  const found = existsSync(report) ? testCases(readFileSync(report, 'utf8')) : [];
  return found.filter(({ isSkipped, name }) => !isSkipped && name !== '(unnamed)');
}

/** Without services, so that each contract suite runs against its adapter in this process. */
function environment() {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:CI$|PARLEY_)/.test(name));
  return { ...Object.fromEntries(kept), PARLEY_TEST_PATIENCE_MS: String(patienceMs) };
}

function ended(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
}

/** Why the tests cannot show anything about their mutations without one; null when all of them pass. */
export function baselineFault(cases, titles) {
  const failed = cases.find(({ failure }) => failure);
  if (failed) return `"${failed.name}" fails without a mutation: ${failed.failure.message}`;
  const missing = titles.find((title) => casesWithTitle(cases, title).length === 0);
  return missing === undefined ? null : `"${missing}" did not run`;
}

/**
 * What the tests say about a mutation.
 *
 * @returns `{ caughtBy, message }`, or `{ fault }` when no test with the title failed by an assertion or an error that
 *   says what it waited for.
 */
export function verdict(cases, title) {
  if (cases.length === 0) return { fault: 'the test file did not load or did not end' };
  const failed = casesWithTitle(cases, title).filter(({ failure }) => failure);
  const named = failed.find(({ failure }) => !unnamed.has(failure.type));
  if (named) return { caughtBy: named.name, message: firstLine(named.failure) };
  const [first] = failed;
  return { fault: first ? `failed by ${first.failure.type}: ${firstLine(first.failure)}` : 'no test caught it' };
}

function casesWithTitle(cases, title) {
  const pattern = new RegExp(`^${titlePattern(title)}`);
  return cases.filter(({ name }) => pattern.test(name));
}

function firstLine({ type, message }) {
  return (message.split('\n').find((line) => line.trim() !== '') ?? type).slice(0, 200);
}

/** Puts the mutation into the copy. Returns a function that takes it out again. */
export function mutate(folder, { file, find, replace }) {
  const path = join(folder, file);
  const source = readFileSync(path, 'utf8');
  writeFileSync(path, source.split(find).join(replace));
  return () => writeFileSync(path, source);
}
