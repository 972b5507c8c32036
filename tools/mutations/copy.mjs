// A copy of the working tree, in which mutations are made.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { removeAtExit, root } from '../workspace.mjs';

/** The folder of node_modules with links to the packages of this repository. */
const ownPackages = '@parley';

/**
 * Copies every file that git does not ignore, and links the installed packages. Returns the copy's folder, which is
 * removed when this program exits.
 */
export function copyTree() {
  const folder = mkdtempSync(join(tmpdir(), 'parley-mutate-'));
  removeAtExit(folder);
  const listing = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', listing, { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
  for (const file of files) {
    if (!existsSync(join(root, file))) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  linkModules(folder);
  return folder;
}

function linkModules(folder) {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, ownPackages), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== ownPackages) symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  for (const name of readdirSync(join(root, 'packages'))) {
    // Links into the copy: a test that imports another package gets the mutated one.
    symlinkSync(join(folder, 'packages', name), join(modules, ownPackages, name));
    const nested = join(root, 'packages', name, 'node_modules');
    if (existsSync(nested)) symlinkSync(nested, join(folder, 'packages', name, 'node_modules'));
  }
}
