import { afterAll, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { licenceFaults, licencesIn } from '../licences/list.mjs';
import { root } from '../workspace.mjs';

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'parley-sbom-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the licence of every package is known and permitted', () => {
  expect(licencesIn(lock).length).toBeGreaterThan(100);
  expect(licenceFaults(lock)).toEqual([]);
});

test('a licence that is not permitted is reported, and one choice of several is enough', () => {
  const faultsOf = (license, dev) =>
    licenceFaults({ packages: { 'node_modules/@a/b': { version: '1.0.0', license, dev } } });
  for (const allowed of ['MIT', '(MIT OR GPL-3.0-or-later)', 'GPL-3.0 OR Apache-2.0', '(MIT AND Zlib)']) {
    expect(faultsOf(allowed)).toEqual([]);
  }
  expect(faultsOf('MPL-2.0', true)).toEqual([]);
  for (const refused of ['GPL-3.0-only', 'MPL-2.0', '(MIT AND GPL-3.0-only)', 'SEE LICENSE IN LICENSE', undefined]) {
    expect(faultsOf(refused)[0]).toStartWith('package-lock.json: the licence of @a/b 1.0.0 is not permitted: ');
  }
});

test.each(['test', 'production'])(
  'the bill of materials lists what Parley runs with and its licences (NODE_ENV=%s)',
  (NODE_ENV) => {
    const file = join(folder, 'sbom.json');
    const { status, stderr } = spawnSync('node', ['tools/sbom.mjs', file], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, NODE_ENV },
    });
    expect([status, stderr]).toEqual([0, '']);
    const { bomFormat, components, dependencies } = JSON.parse(readFileSync(file, 'utf8'));
    expect(bomFormat).toBe('CycloneDX');
    const others = components.filter(({ purl }) => !/^pkg:npm\/(%40|@)parley\//.test(purl));
    const shipped = licencesIn(lock).filter(({ isForTests }) => !isForTests);
    const listed = others.map(({ name, version, licenses: [{ license, expression }] }) => {
      return `${name} ${version} ${license?.id ?? expression}`;
    });
    expect(listed.sort()).toEqual(shipped.map(({ name, version, licence }) => `${name} ${version} ${licence}`).sort());
    expect(shipped.map(({ name }) => name)).toContain('zod');
    const references = new Set(components.map((each) => each['bom-ref']));
    for (const { dependsOn } of dependencies) for (const each of dependsOn) expect(references).toContain(each);
    expect(dependencies.length).toBeGreaterThan(100);
  },
);

test('the list of licences is printed with the number of packages of each', () => {
  const { status, stdout } = spawnSync('node', ['tools/licences.mjs'], { cwd: root, encoding: 'utf8' });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^zod \S+ +MIT$/m);
  expect(stdout).not.toMatch(/^fast-check /m);
  expect(stdout).toMatch(/\d+ MIT/);
});
