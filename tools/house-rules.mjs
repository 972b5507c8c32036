// House rules that no other tool knows. Prints what breaks them; exits with 1 when anything does.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { functionLengthFaults } from './house-rules/function-length.mjs';
import { importFaults } from './house-rules/imports.mjs';
import { partOrder } from './house-rules/part-order.mjs';
import { referenceFaults } from './house-rules/references.mjs';
import { root } from './workspace.mjs';

const linesMax = 300;
const vagueNames = /^(utils?|helpers?|common|types|misc|.*manager)\b/i;

/** Wall time steps when a clock is set: clients read it, and measure, in these places alone. */
const clientSource = /^packages\/(?:protocol|sdk|web|cli)\/src\//;
const clockReaders = ['packages/sdk/src/runtime.ts', 'packages/web/src/strings/use-day.ts'];
const clockReading = /\bDate\.now\(|\bnew Date\(\s*\)|(?<!new )\bDate\(\s*\)|\bperformance\.(?:now|timeOrigin)\b/;

/** Storage of browsers throws when it is switched off or full. */
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
  ...sources.flatMap(functionLengthFaults),
  ...referenceFaults([...sources, ...documents], files),
  ...lockFaults(),
  ...installScriptFaults(),
  ...dependencyFaults(),
];
for (const fault of faults) console.log(fault);
process.exitCode = faults.length > 0 ? 1 : 0;

function sourceFaults() {
  return sources.flatMap(({ path: file, text }) => {
    const lines = text.split('\n').length - 1;
    return [
      ...(lines > linesMax ? [`${file}: ${lines} lines; look for the concept that has no name yet`] : []),
      ...(clientSource.test(file) && !clockReaders.includes(file) && clockReading.test(text)
        ? [`${file}: reads the clock; take Runtime.monotonicMs to measure, ServerClock for the age of an entry`]
        : []),
      ...(/^packages\/web\/src\//.test(file) && file !== storageUser && storageUse.test(text)
        ? [`${file}: uses browser storage directly; take ${storageUser}`]
        : []),
      ...(vagueNames.test(basename(file)) ? [`${file}: the name says nothing`] : []),
      ...(/\b(TODO|FIXME|XXX)\b/.test(text) && basename(file) !== 'house-rules.mjs'
        ? [`${file}: a TODO; file an issue`]
        : []),
    ];
  });
}

/** The lock file carries versions and checksums, and not where one machine downloads from. */
function lockFaults() {
  const { packages } = JSON.parse(read('package-lock.json'));
  return Object.entries(packages)
    .filter(([, entry]) => !entry.link && entry.resolved !== undefined)
    .map(([name]) => `package-lock.json: ${name} carries a download address`);
}

/** Each package with an install script has a decision in package.json; tests' packages never run theirs. */
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
      .map(({ name }) => `package.json: ${name} has an install script, and allowScripts does not decide about it`),
    ...withScript
      .filter(({ name, dev }) => dev && allowScripts[name])
      .map(({ name }) => `package.json: allowScripts allows ${name}, which only tests need`),
    ...Object.keys(allowScripts)
      .filter((name) => !names.has(name))
      .map((name) => `package.json: allowScripts names ${name}, which has no install script`),
  ];
}

/** docs/DEPENDENCIES.md and the manifests name the same packages. */
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
