// Checks the house rules that no other tool checks. Prints each violation, and exits with 1 if there is one.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { functionLengthFaults } from './house-rules/function-length.mjs';
import { importFaults } from './house-rules/imports.mjs';
import { drawingFaults, drawnIn } from './house-rules/part-drawing.mjs';
import { partOrder } from './house-rules/part-order.mjs';
import { referenceFaults } from './house-rules/references.mjs';
import { licenceFaults } from './licences/list.mjs';
import { mutationFaults } from './mutations/faults.mjs';
import { mutations } from './mutations/list.mjs';
import { testOrderFaults } from './test-order.mjs';
import { root } from './workspace.mjs';

const linesMax = 300;
const vagueNames = /^(utils?|helpers?|common|types|misc|.*manager)\b/i;

/** Wall time jumps when a clock is set, so only these files of clients may read clocks. */
const clientSource = /^packages\/(?:protocol|sdk|web|cli)\/src\//;
const clockReaders = ['packages/sdk/src/runtime.ts', 'packages/web/src/strings/use-day.ts'];
const clockReading = /\bDate\.now\(|\bnew Date\(\s*\)|(?<!new )\bDate\(\s*\)|\bperformance\.(?:now|timeOrigin)\b/;

/** A browser's storage throws when it is disabled or full, so only this file uses it. */
const storageUser = 'packages/web/src/preferences/browser-storage.ts';
const storageUse = /(?<!`)\b(?:localStorage|sessionStorage)\b/;

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '');
const read = (file) => readFileSync(join(root, file), 'utf8');

const sources = files.filter((file) => /\.(ts|tsx|mjs)$/.test(file)).map((path) => ({ path, text: read(path) }));

const documents = files.filter((file) => file.endsWith('.md')).map((path) => ({ path, text: read(path) }));

const faults = [
  ...sourceFaults(),
  ...importFaults(sources, partOrder),
  ...drawingFaults(read(drawnIn), partOrder),
  ...sources.flatMap(functionLengthFaults),
  ...referenceFaults([...sources, ...documents], files),
  ...[...sources, ...documents].flatMap(conflictFaults),
  ...testOrderFaults(files),
  ...mutationFaults(mutations, (path) => (files.includes(path) ? read(path) : undefined)),
  ...lockFaults(),
  ...licenceFaults(JSON.parse(read('package-lock.json'))),
  ...installScriptFaults(),
  ...dependencyFaults(),
];
for (const fault of faults) console.log(fault);
process.exitCode = faults.length > 0 ? 1 : 0;

function sourceFaults() {
  return sources.flatMap(({ path: file, text }) => {
    const lines = text.split('\n').length - 1;
    return [
      ...(lines > linesMax
        ? [`${file}: ${lines} lines, more than ${linesMax}; look for the concept that has no name yet`]
        : []),
      ...(clientSource.test(file) && !clockReaders.includes(file) && clockReading.test(text)
        ? [`${file}: reads the clock; use Runtime.monotonicMs to measure, ServerClock for the age of an entry`]
        : []),
      ...(/^packages\/web\/src\//.test(file) && file !== storageUser && storageUse.test(text)
        ? [`${file}: uses browser storage directly; use ${storageUser}`]
        : []),
      ...(vagueNames.test(basename(file)) ? [`${file}: the name is vague`] : []),
      ...(/\b(TODO|FIXME|XXX)\b/.test(text) && basename(file) !== 'house-rules.mjs'
        ? [`${file}: contains a TODO; file an issue instead`]
        : []),
    ];
  });
}

/** A merge that was not resolved leaves both sides between markers, which no other check finds in a document. */
function conflictFaults({ path, text }) {
  return /^(<{7}|>{7}) /m.test(text) ? [`${path}: has the markers of a merge conflict`] : [];
}

/** The lock file has versions and checksums, but no download addresses, which differ between machines. */
function lockFaults() {
  const { packages } = JSON.parse(read('package-lock.json'));
  return Object.entries(packages)
    .filter(([, entry]) => !entry.link && entry.resolved !== undefined)
    .map(([name]) => `package-lock.json: ${name} has a download address`);
}

/** `allowScripts` of package.json lists each package with an install script; those of test packages are not allowed. */
function installScriptFaults() {
  const { allowScripts } = JSON.parse(read('package.json'));
  const { packages } = JSON.parse(read('package-lock.json'));
  const withScript = Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path, { dev = false }]) => ({ name: path.replace(/^.*node_modules\//, ''), dev }));
  const names = new Set(withScript.map(({ name }) => name));
  return [
    ...withScript
      .filter(({ name }) => !Object.hasOwn(allowScripts, name))
      .map(({ name }) => `package.json: ${name} has an install script, but allowScripts does not list it`),
    ...withScript
      .filter(({ name, dev }) => dev && allowScripts[name])
      .map(({ name }) => `package.json: allowScripts allows ${name}, which only tests need`),
    ...Object.keys(allowScripts)
      .filter((name) => !names.has(name))
      .map((name) => `package.json: allowScripts lists ${name}, which has no install script`),
  ];
}

/** docs/DEPENDENCIES.md and the manifests list the same packages. */
function dependencyFaults() {
  const declared = new Set(
    files
      .filter((file) => basename(file) === 'package.json')
      .flatMap((file) => {
        const { dependencies, devDependencies } = JSON.parse(read(file));
        return Object.keys({ ...dependencies, ...devDependencies });
      })
      .filter((name) => !name.startsWith('@parley/')),
  );
  const documented = new Set([...read('docs/DEPENDENCIES.md').matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1]));
  return [
    ...[...declared].filter((name) => !documented.has(name)).map((name) => `docs/DEPENDENCIES.md: ${name} is missing`),
    ...[...documented].filter((name) => !declared.has(name)).map((name) => `docs/DEPENDENCIES.md: ${name} is not used`),
  ];
}
