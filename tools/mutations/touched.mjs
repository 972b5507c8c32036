import { execFileSync } from 'node:child_process';
import { root } from '../workspace.mjs';

/** The mutations whose source, test or list differs between a revision and the working tree. */
export function touched(mutations, revision) {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
  const changed = new Set([
    ...git('diff', '--name-only', revision, '--'),
    ...git('ls-files', '--others', '--exclude-standard'),
  ]);
  return mutations.filter(({ file, test, list }) => [file, test, list].some((path) => changed.has(path)));
}
