// `npm test`: every check, then every test. The last line is `N passed, N failed`, each check counted as one test.
// The end-to-end tests run in both shapes: a second time against a cluster on real services.
// `npm test -- PATH …` runs only the tests of these paths; `--checks-only` (npm run check) runs only the checks;
// `--changed` or `--changed=REVISION` runs the type check and the tests that import what differs from the last commit or
// that revision, without tests that start programs, browsers or services.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTimings } from './test-order.mjs';
import { bunFile, root, setUp } from './workspace.mjs';

// Tests wait for conditions, never for a fixed time; this timeout stops only those that would wait forever.
const testTimeoutMs = 120_000;
/** How many test files run at a time, each in one process. More than there are cores, because tests mostly wait. */
const workers = 4;
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

if (changed !== undefined) check('types', bin('tsc'), ['-p', '.']);
else if (paths.length === 0) {
  check('types', bin('tsc'), ['-p', '.']);
  check('types as browsers see them', bin('tsc'), ['-p', 'tsconfig.browser.json']);
  check('lint, format and import rules', bin('biome'), ['check', '--error-on-warnings']);
  check('dead code', bun, [join(root, 'node_modules/knip/bin/knip.js')]);
  check('house rules', process.execPath, ['tools/house-rules.mjs']);
}
if (!checksOnly) {
  console.log('— tests');
  if (changed === undefined) test(paths, {});
  else test([changed, '--pass-with-no-tests', ...ignoring()], {});
  if (paths.length === 0 && changed === undefined) testCluster();
}

if (failures.length > 0) console.log(`\nFailed:\n${failures.map((line) => `  ${line}\n`).join('')}`);
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exitCode = counts.failed > 0 ? 1 : 0;

function check(name, program, args) {
  console.log(`— ${name}`);
  const { status } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) counts.passed++;
  else fail(name);
}

function fail(what) {
  counts.failed++;
  failures.push(what);
}

/** Runs the end-to-end tests against two servers of a cluster, if its services are running. */
function testCluster() {
  console.log('— end-to-end tests against a cluster');
  const state = join(root, '.services/state.json');
  const services = existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : {};
  const missing = ['postgres', 'kafka', 'redis'].filter((name) => !services[name]);
  if (missing.length === 0) {
    test(clusterPaths, { PARLEY_TEST_SHAPE: 'cluster' });
    return;
  }
  console.log(`skipped: no ${missing.join(', no ')}: \`npm run services -- up\` starts what is installed`);
  if (process.env.CI === 'true') fail(`end-to-end tests against a cluster: no ${missing.join(', no ')}`);
  else counts.skipped++;
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

/** Runs the tests that Bun finds by these paths and options. */
function test(testPaths, environment) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-test-'));
  const report = join(folder, 'report.xml');
  const reporting = ['--reporter=junit', `--reporter-outfile=${report}`];
  const timings = join(folder, 'timings.json');
  writeTimings(timings);
  const scheduling = [`--parallel=${workers}`, `--timings=${timings}`];
  const args = ['test', ...scheduling, `--timeout=${testTimeoutMs}`, ...reporting, ...testPaths];
  const env = { ...process.env, ...environment };
  const { status, signal } = spawnSync(bun, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  // Without a test there is no report.
  const reported = existsSync(report) ? readFileSync(report, 'utf8') : '';
  const cases = [...reported.matchAll(/<testcase ([^>]*?)(\/>|>[\s\S]*?<\/testcase>)/g)];
  rmSync(folder, { recursive: true });
  const failedBefore = counts.failed;
  for (const [, attributes, rest] of cases) {
    if (rest.includes('<skipped')) {
      // Hooks of skipped tests are reported as test cases without a name.
      if (attribute(attributes, 'name') === '(unnamed)') continue;
      console.log(`skipped: ${titleOf(attributes)}`);
      // In CI, a skipped test is a failure.
      if (process.env.CI === 'true') fail(`${titleOf(attributes)} (skipped)`);
      else counts.skipped++;
    } else if (rest.includes('<failure')) fail(`${titleOf(attributes)}${messageOf(rest)}`);
    else counts.passed++;
  }
  // A file that fails to load has no test case; only the runner's status shows the failure.
  if (counts.failed === failedBefore && status !== 0) {
    fail(`the test runner ended with ${status ?? signal}, and reported no failed test: see "error:" above`);
  }
}

/** The file, the groups from the outermost to the innermost, and the test. One of them has the reason for skipping. */
function titleOf(attributes) {
  const groups = attribute(attributes, 'classname').split(' > ').filter(Boolean).reverse();
  return `${attribute(attributes, 'file')}: ${[...groups, attribute(attributes, 'name')].join(' > ')}`;
}

/** The type and the message of the first failure in a test case, on one line. */
function messageOf(testCase) {
  const attributes = /<failure ([^>]*)>/.exec(testCase)?.[1] ?? '';
  const parts = [attribute(attributes, 'type'), attribute(attributes, 'message')].filter(Boolean);
  return parts.map((part) => `: ${part.replace(/\s+/g, ' ').slice(0, 300)}`).join('');
}

function attribute(attributes, name) {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
  const characters = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&', '#10': '\n', '#9': '\t', '#13': '\r' };
  return value.replace(/&(lt|gt|quot|apos|amp|#10|#9|#13);/g, (_, entity) => characters[entity]);
}
