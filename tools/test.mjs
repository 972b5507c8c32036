// `npm test`: every check, then every test. The last line is `N passed, N failed`, each check counted as one test.
// What people meet is tested in both shapes: the end-to-end tests run a second time against a cluster on real services.
// `npm test -- PATH …` runs only the tests of these paths; `--checks-only` (npm run check) only the checks.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bunFile, root, setUp } from './workspace.mjs';

// Tests wait for what they are about, never for a time: this ends only those that would wait forever.
const testTimeoutMs = 120_000;
/** Files that are tested at a time, each in a process that runs one after another: tests wait more than they compute. */
const workers = 3;
/** What holds in either shape. */
const clusterPaths = ['packages/server/test/e2e', 'packages/server/test/regressions', 'packages/sdk/test/e2e'];

setUp({ tests: true });
const bun = bunFile();
const bin = (name) => join(root, 'node_modules', '.bin', name);
const paths = process.argv.slice(2).filter((argument) => argument !== '--checks-only');
const checksOnly = process.argv.includes('--checks-only');
const counts = { passed: 0, failed: 0, skipped: 0 };

if (paths.length === 0) {
  check('types', bin('tsc'), ['-p', '.']);
  check('types as browsers see them', bin('tsc'), ['-p', 'tsconfig.browser.json']);
  check('lint, format and import rules', bin('biome'), ['check', '--error-on-warnings']);
  check('dead code', bun, [join(root, 'node_modules/knip/bin/knip.js')]);
  check('house rules', process.execPath, ['tools/house-rules.mjs']);
}
if (!checksOnly) {
  console.log('— tests');
  test(paths, {});
  if (paths.length === 0) testCluster();
}

const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exitCode = counts.failed > 0 ? 1 : 0;

function check(name, program, args) {
  console.log(`— ${name}`);
  const { status } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  counts[status === 0 ? 'passed' : 'failed']++;
}

/** The end-to-end tests against two servers of a cluster, if its services are there. */
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
  counts[process.env.CI === 'true' ? 'failed' : 'skipped']++;
}

function test(testPaths, environment) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-test-'));
  const report = join(folder, 'report.xml');
  const reporting = ['--reporter=junit', `--reporter-outfile=${report}`];
  const args = ['test', `--parallel=${workers}`, `--timeout=${testTimeoutMs}`, ...reporting, ...testPaths];
  const env = { ...process.env, ...environment };
  const { status } = spawnSync(bun, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const cases = [...readFileSync(report, 'utf8').matchAll(/<testcase ([^>]*?)(\/>|>[\s\S]*?<\/testcase>)/g)];
  rmSync(folder, { recursive: true });
  let failed = 0;
  for (const [, attributes, rest] of cases) {
    if (rest.includes('<skipped')) {
      // What prepares tests that are skipped is no test.
      if (attribute(attributes, 'name') === '(unnamed)') continue;
      console.log(`skipped: ${titleOf(attributes)}`);
      // On the machines that decide, nothing may be skipped.
      if (process.env.CI === 'true') failed++;
      else counts.skipped++;
    } else if (rest.includes('<failure')) failed++;
    else counts.passed++;
  }
  // A file that doesn't load has no test case, yet the runner says that something failed.
  counts.failed += failed === 0 && status !== 0 ? 1 : failed;
}

/** The file, the groups from the outermost to the innermost, and the test: the reason for skipping is in one of them. */
function titleOf(attributes) {
  const groups = attribute(attributes, 'classname').split(' > ').filter(Boolean).reverse();
  return `${attribute(attributes, 'file')}: ${[...groups, attribute(attributes, 'name')].join(' > ')}`;
}

function attribute(attributes, name) {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
  const characters = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return value.replace(/&(lt|gt|quot|apos|amp);/g, (_, entity) => characters[entity]);
}
