// `npm run sbom`: writes the packages that Parley runs with, and their licences, to dist/sbom.cdx.json, as CycloneDX.
// `-- FILE` writes to another file. It reads package-lock.json and needs no network.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { root } from './workspace.mjs';

const file = resolve(process.argv[2] ?? join(root, 'dist', 'sbom.cdx.json'));
// Not `--omit=dev`: it also leaves out packages that Parley runs with if a package of the tests needs them too.
// `--include=dev` because NODE_ENV=production means `--omit=dev`.
const options = ['--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only', '--include=dev'];
const { status, stdout, stderr } = spawnSync('npm', ['sbom', ...options, '--loglevel=error'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
  shell: process.platform === 'win32',
});
if (status !== 0) {
  console.error(`npm sbom failed: ${stderr || stdout}`);
  process.exit(1);
}
const all = JSON.parse(stdout);
const components = all.components.filter(({ properties = [] }) => !properties.some(isOfDevelopment));
const references = new Set([all.metadata.component['bom-ref'], ...components.map((each) => each['bom-ref'])]);
const dependencies = all.dependencies
  .filter(({ ref }) => references.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => references.has(each)) }));
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ ...all, components, dependencies }, null, 2)}\n`);
console.log(`Wrote ${file}: ${components.length} packages`);

function isOfDevelopment({ name, value }) {
  return name === 'cdx:npm:package:development' && value === 'true';
}
