import { afterEach, beforeEach, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../workspace.mjs';

const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

/** A workspace with this one's settings and set-up script, and with one dependency. */
let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-workspace-'));
  for (const name of ['tools', 'dependency', 'packages/one']) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['.npmrc', 'tools/workspace.mjs']) copyFileSync(join(root, name), join(folder, name));
  const postinstall = 'node --eval "fs.writeFileSync(\'installed\', String())"';
  writeManifest('dependency', { name: 'dependency', version: '1.0.0', scripts: { postinstall } });
  npm(['pack', './dependency']);
  writeManifest('packages/one', {
    name: 'one',
    version: '1.0.0',
    scripts: { prepack: 'node ../../tools/prepack.mjs' },
  });
  writeManifest('.', {
    name: 'workspace',
    private: true,
    workspaces: ['packages/*'],
    devDependencies: { dependency: 'file:dependency-1.0.0.tgz' },
    allowScripts: { dependency: true },
  });
  writeFileSync(join(folder, 'tools/prepack.mjs'), "import { setUp } from './workspace.mjs'; setUp({ tests: true });");
  npm(['install', '--package-lock-only']);
});
afterEach(() => rmSync(folder, { recursive: true }));

function writeManifest(path, manifest) {
  writeFileSync(join(folder, path, 'package.json'), JSON.stringify(manifest));
}

/** Runs npm until it exits. Returns its standard error. */
function npm(args, cwd = folder) {
  const { status, stderr } = spawnSync('npm', ['--offline', ...args], { cwd, env: environment, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stderr;
}

test('a plain `npm install` runs no install script, and knows every setting of .npmrc', () => {
  const complaints = npm(['install']);
  expect(existsSync(join(folder, 'node_modules/dependency/package.json'))).toBe(true);
  expect(existsSync(join(folder, 'node_modules/dependency/installed'))).toBe(false);
  expect(complaints).not.toContain('Unknown');
});

test('`prepack` installs everything, with the allowed install scripts, whatever options `npm pack` has', () => {
  const options = ['--dry-run', '--package-lock-only', '--omit=dev', '--omit=optional', '--workspace=one'];
  npm(['pack', '--ignore-scripts=false', ...options]);
  expect(existsSync(join(folder, 'node_modules/dependency/installed'))).toBe(true);
});
