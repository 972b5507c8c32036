// `npm test`: every check, then every test. The last line is `N passed, N failed`, each check counted as one test.
// The end-to-end tests run in both shapes: a second time against a cluster on real services.
// `npm test -- PATH …` runs only the tests of these paths; `--checks-only` (npm run check) runs only the checks;
// `--changed` or `--changed=REVISION` runs the type check and the tests that import what differs from the last commit or
// that revision, without tests that start programs, browsers or services.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testCases } from './junit.mjs';
import { writeTimings } from './test-order.mjs';
import { buildWebClient, bunFile, removeAtExit, root, setUp, untilExit } from './workspace.mjs';

// Tests wait for conditions, never for a fixed time; this timeout stops only those that would wait forever.
const testTimeoutMs = 400_000;
/** How many test files run at a time, each in one process. More than there are cores, because tests mostly wait. */
const workers = 4;
/** How many more run at a time against a cluster: beside the others, so that none of the cores waits for a last file. */
const clusterWorkers = 2;
/** Tests that start programs, browsers or services, beside those of `packages/web` that import its browsers. */
const startingPrograms = [
  ...['packages/cli/test', 'packages/sdk/test/e2e', 'packages/sdk/test/embedded', 'packages/sdk/test/package'],
  ...['cluster', 'deploy', 'e2e', 'embedded', 'tracing'].map((folder) => `packages/server/test/${folder}`),
  ...['packages/web/test/engines', 'bench/test/programs'],
];
/** Tests that run in both shapes. */
const clusterPaths = ['packages/server/test/e2e', 'packages/server/test/regressions', 'packages/sdk/test/e2e'];

setUp({ tests: true });
const bun = bunFile();
const bin = (name) => join(root, 'node_modules', '.bin', name);
const given = process.argv.slice(2);
const paths = given.filter((argument) => !argument.startsWith('--'));
const checksOnly = given.includes('--checks-only');
const changed = given.find((argument) => /^--changed(=|$)/.test(argument));
const unknown = given.find(
  (argument) => argument.startsWith('--') && argument !== '--checks-only' && argument !== changed,
);
if (unknown !== undefined || (changed !== undefined && paths.length > 0)) {
  console.error('npm test takes either paths of tests, or one of --checks-only, --changed and --changed=REVISION.');
  process.exit(2);
}
const counts = { passed: 0, failed: 0, skipped: 0 };
/** What failed, one line each. It is repeated at the end, because the output of thousands of tests comes after it. */
const failures = [];

const types = ['types', bin('tsc'), ['-p', '.']];
if (changed !== undefined) await runChecks([types]);
else if (paths.length === 0) {
  await runChecks([
    types,
    ['types as browsers see them', bin('tsc'), ['-p', 'tsconfig.browser.json']],
    ['lint, format and import rules', bin('biome'), ['check', '--error-on-warnings']],
    ['dead code', bun, [join(root, 'node_modules/knip/bin/knip.js')]],
    ['house rules', process.execPath, ['tools/house-rules.mjs']],
  ]);
}
if (!checksOnly) {
  const isWhole = paths.length === 0 && changed === undefined;
  if (isWhole) prepareWholeRun();
  const cluster = isWhole ? startClusterTests() : null;
  console.log('— tests');
  await startTests(changed === undefined ? paths : [changed, '--pass-with-no-tests', ...ignoring()]).then(report);
  if (cluster) {
    console.log('— end-to-end tests against a cluster');
    report(await cluster);
  }
}

if (failures.length > 0) console.log(`\nFailed:\n${failures.map((line) => `  ${line}\n`).join('')}`);
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exitCode = counts.failed > 0 ? 1 : 0;

/** Builds once what the workers would otherwise build or load for many tests. */
function prepareWholeRun() {
  if (!buildWebClient()) fail('the web client');
  const folder = mkdtempSync(join(tmpdir(), 'parley-test-program-'));
  removeAtExit(folder);
  // Some tests run the program as another user.
  chmodSync(folder, 0o755);
  const { status } = spawnSync(bun, ['tools/test-program.ts', folder], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status === 0) process.env.TESTED_PARLEY_PROGRAM = join(folder, 'main.js');
  else fail('the program for tests');
}

/** Runs all checks at once, because most of them use one core. Prints their output in the given order. */
async function runChecks(checks) {
  const started = checks.map(([name, program, args]) => ({ name, ended: run(program, args) }));
  for (const { name, ended } of started) {
    console.log(`— ${name}`);
    const { status, output } = await ended;
    process.stdout.write(output);
    if (status === 0) counts.passed++;
    else fail(name);
  }
}

/** Runs a program. Resolves to its status and its output; without a status if the program could not be started. */
async function run(program, args) {
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], signal: untilExit });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
  try {
    const [status] = await once(child, 'close');
    return { status, output: Buffer.concat(chunks) };
  } catch (error) {
    return { status: null, output: `${error.message}\n` };
  }
}

function fail(what) {
  counts.failed++;
  failures.push(what);
}

/**
 * Starts the end-to-end tests against two servers of a cluster. Returns null if its services are not running. The output
 * is kept until the tests end.
 */
function startClusterTests() {
  const state = join(root, '.services/state.json');
  const services = existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : {};
  const missing = ['postgres', 'kafka', 'redis'].filter((name) => !services[name]);
  if (missing.length === 0) {
    const environment = { PARLEY_TEST_SHAPE: 'cluster' };
    return startTests(clusterPaths, { environment, workersMax: clusterWorkers, keepsOutput: true });
  }
  const name = 'end-to-end tests against a cluster';
  console.log(`skipped: ${name}: no ${missing.join(', no ')}: \`npm run services -- up\` starts what is installed`);
  if (process.env.CI === 'true') fail(`${name}: no ${missing.join(', no ')}`);
  else counts.skipped++;
  return null;
}

/** The options by which Bun leaves out the tests that start programs. */
function ignoring() {
  const web = 'packages/web/test';
  const inBrowsers = readdirSync(join(root, web), { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .filter((name) => readFileSync(join(root, web, name), 'utf8').includes('support/browser'))
    .map((name) => `${web}/${name}`);
  return [...startingPrograms.map((folder) => `${folder}/**`), ...inBrowsers].map(
    (pattern) => `--path-ignore-patterns=${pattern}`,
  );
}

/** Runs the tests that Bun finds by these paths and options. Resolves to what {@link report} takes. */
async function startTests(testPaths, { environment = {}, workersMax = workers, keepsOutput = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-test-'));
  removeAtExit(folder);
  const file = join(folder, 'report.xml');
  const reporting = ['--reporter=junit', `--reporter-outfile=${file}`];
  const timings = join(folder, 'timings.json');
  writeTimings(timings);
  const scheduling = [`--parallel=${workersMax}`, `--timings=${timings}`];
  const args = ['test', ...scheduling, `--timeout=${testTimeoutMs}`, ...reporting, ...testPaths];
  const env = { ...process.env, ...environment };
  const outputFile = join(folder, 'output');
  const output = keepsOutput ? openSync(outputFile, 'w') : 'inherit';
  const child = spawn(bun, args, { cwd: root, env, stdio: ['ignore', output, output], signal: untilExit });
  const [status, signal] = await once(child, 'exit');
  // Without a test there is no report.
  const reported = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const kept = keepsOutput ? readFileSync(outputFile, 'utf8') : '';
  rmSync(folder, { recursive: true });
  return { status, signal, reported, kept };
}

/** Counts the tests of a run, and prints its output if that was kept. */
function report({ status, signal, reported, kept }) {
  process.stdout.write(kept);
  const failedBefore = counts.failed;
  for (const each of testCases(reported)) {
    if (each.isSkipped) {
      // Hooks of skipped tests are reported as test cases without a name.
      if (each.name === '(unnamed)') continue;
      console.log(`skipped: ${titleOf(each)}`);
      // In CI, a skipped test is a failure.
      if (process.env.CI === 'true') fail(`${titleOf(each)} (skipped)`);
      else counts.skipped++;
    } else if (each.failure) fail(`${titleOf(each)}${messageOf(each.failure)}`);
    else counts.passed++;
  }
  // A file that fails to load has no test case; only the runner's status shows the failure.
  if (counts.failed === failedBefore && status !== 0) {
    fail(`the test runner ended with ${status ?? signal}, and reported no failed test: see "error:" above`);
  }
}

/** The file, the groups from the outermost to the innermost, and the test. One of them has the reason for skipping. */
function titleOf({ file, groups, name }) {
  return `${file}: ${[...groups, name].join(' > ')}`;
}

/** The type and the message of a failure, on one line. */
function messageOf({ type, message }) {
  const parts = [type, message].filter(Boolean);
  return parts.map((part) => `: ${part.replace(/\s+/g, ' ').slice(0, 300)}`).join('');
}
