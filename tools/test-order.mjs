// The order in which `npm test` starts test files: the longest first, so that no worker is alone with one in the end.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.mjs';

/** The approximate durations of the longest files, in seconds, on a machine with two cores. */
const longFiles = {
  'bench/test': { 'programs/scale': 140, 'programs/scenarios': 70 },
  'packages/cli/test': {
    'cluster-verify': 115,
    restore: 80,
    'documented-commands': 45,
    trace: 35,
    'restored-server': 30,
    'long-absence': 30,
    administration: 30,
  },
  'packages/sdk/test': { 'e2e/restored-server': 50, 'embedded/restored-server': 40, 'e2e/messages': 35 },
  'packages/server/test': {
    'cluster/services-refuse': 130,
    'cluster/services-killed': 100,
    'cluster/large-channel': 120,
    'cluster/two-versions': 105,
    'cluster/feature-level': 80,
    'cluster/pauses-and-restarts': 70,
    'cluster/restore': 90,
    'cluster/secured-services': 50,
    'cluster/two-redis-servers': 45,
    'cluster/kills': 35,
    'cluster/accepted-loss': 35,
    'contract/feed': 80,
    'contract/conversations': 50,
    'contract/history': 45,
    'contract/kafka-topics': 35,
    'contract/users': 35,
    'contract/feature-level': 30,
    'verification/postgres-verify': 55,
    'contract/kafka-outages': 35,
    'e2e/real-text': 75,
    'e2e/broadcast': 55,
    'e2e/long-absence': 40,
    'embedded/sigkill': 60,
    'embedded/one-server-a-folder': 50,
    'embedded/locked-database': 35,
  },
  'packages/web/test': {
    'engines/walk': 235,
    'engines/two-versions': 125,
    'sign-on-proxy': 110,
    'restored-server': 95,
    'large-conversation': 200,
    accessibility: 200,
    lists: 85,
    'message-links': 80,
    'draft-tabs': 80,
    tabs: 75,
    interruptions: 65,
    editing: 65,
    'own-messages': 55,
    'storage-goes-away': 60,
    'account-ends': 55,
    clocks: 50,
    'two-people': 45,
    formatting: 45,
    'late-answers': 45,
    'message-menu': 45,
    'composing-keys': 40,
    'conversation-list': 30,
    notifications: 45,
    reach: 40,
    conversation: 40,
    account: 40,
    'regressions/changes-while-away-are-shown': 35,
    restart: 30,
  },
};
/** The duration of a file that is not listed, in seconds. */
const usual = 5;

/** Writes the file for Bun's option `--timings`, which has to name every test file: Bun starts others first. */
export function writeTimings(file) {
  const seconds = { ...Object.fromEntries(testFiles().map((path) => [path, usual])), ...durations(longFiles) };
  const files = Object.fromEntries(Object.entries(seconds).map(([path, duration]) => [path, duration * 1_000]));
  writeFileSync(file, JSON.stringify({ version: 1, files }));
}

/**
 * Reports listed test files that do not exist.
 *
 * @param {readonly string[]} files all files, with paths relative to the repository
 */
export function testOrderFaults(files, listed = longFiles) {
  return Object.keys(durations(listed))
    .filter((path) => !files.includes(path))
    .map((path) => `tools/test-order.mjs: lists ${path}, which does not exist`);
}

/** The listed durations by path. */
function durations(listed) {
  const entries = Object.entries(listed).flatMap(([folder, files]) =>
    Object.entries(files).map(([name, seconds]) => [`${folder}/${name}.test.ts`, seconds]),
  );
  return Object.fromEntries(entries);
}

function testFiles() {
  const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/test`);
  return [...packages, 'tools/test', 'bench/test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => /\.test\.(ts|mjs)$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
}
