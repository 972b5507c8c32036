// `npm run licences`: prints each package that Parley runs with, its version and its licence, and then the number of
// packages of each licence. `-- --all` adds the packages of the tests. It exits with 1 if a licence is not permitted.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { licenceFaults, licencesIn } from './licences/list.mjs';
import { root } from './workspace.mjs';

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const all = process.argv.includes('--all');
const shown = licencesIn(lock).filter(({ isForTests }) => all || !isForTests);
const width = Math.max(...shown.map(({ name, version }) => `${name} ${version}`.length));
for (const { name, version, licence } of shown) console.log(`${`${name} ${version}`.padEnd(width)}  ${licence}`);
const counts = new Map();
for (const { licence } of shown) counts.set(licence, (counts.get(licence) ?? 0) + 1);
console.log(`\n${Array.from(counts, ([licence, count]) => `${count} ${licence}`).join(', ')}`);
const faults = licenceFaults(lock);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
