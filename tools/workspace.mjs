// What the other tools share. It needs only Node.js, because it runs before any package is installed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, 'node_modules', '.parley-lock');

/**
 * Installs the packages of package-lock.json, unless the same lock file is installed already: those that Parley runs
 * with, and with `tests` also those of the checks and tests. Once installed, the latter are kept.
 */
export function setUp({ tests = false } = {}) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const [installedLock, installedExtent] = existsSync(stampFile) ? readFileSync(stampFile, 'utf8').split(' ') : [];
  const extent = tests || installedExtent === 'all' ? 'all' : 'run';
  if (installedLock === lock && installedExtent === extent) return;
  console.error('Installing packages …');
  // `npm ci` would refuse a lock file made with a registry that lacks the packages for some platforms.
  // `--include=dev` is needed because an outer npm with `--omit=dev` sets NODE_ENV, which omits development packages.
  const development = extent === 'run' ? '--omit=dev' : '--include=dev';
  npm('install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts', development);
  // Install scripts can do anything, so only those that package.json allows by name run.
  const { allowScripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const allowed = Object.keys(allowScripts).filter((name) => allowScripts[name]);
  npm('rebuild', '--ignore-scripts=false', '--loglevel=error', ...allowed);
  writeFileSync(stampFile, `${lock} ${extent}`);
}

/**
 * npm passes its options to child processes in the environment, where an inner npm would read them. Those that decide
 * whether, where and which packages are installed are removed. Others, such as those for the network, are kept.
 */
const outerOptions =
  /^npm_config_(dry_run|global|location|workspaces?|include_workspace_root|only|also|production|dev|optional|omit|include|package_lock|package_lock_only|install_links|install_strategy|global_style|legacy_bundling|prefer_dedupe|before|os|cpu|libc)$/i;

/** Runs npm. Its output goes to standard error, so that it does not mix with the output of the program. */
export function npm(...args) {
  const { status } = spawnSync('npm', args, {
    cwd: root,
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !outerOptions.test(name))),
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  console.error(`npm ${args[0]} failed. Its messages are above.`);
  process.exit(1);
}

/** The Bun that comes with the packages: as its package links it, or, where install scripts don't run, as it ships. */
export function bunFile() {
  const linked = join(root, 'node_modules', 'bun', 'bin', 'bun.exe');
  if (existsSync(linked) && spawnSync(linked, ['--version']).status === 0) return linked;
  const scope = join(root, 'node_modules', '@oven');
  for (const name of existsSync(scope) ? readdirSync(scope) : []) {
    const shipped = join(scope, name, 'bin', 'bun');
    if (existsSync(shipped) && spawnSync(shipped, ['--version']).status === 0) return shipped;
  }
  console.error(
    'The installed packages contain no Bun for this platform. See https://bun.com for the supported platforms.',
  );
  process.exit(1);
}

/** Builds the web client's bundle, unless it is up to date. Returns false, after an error message, if that fails. */
export function buildWebClient() {
  const built = spawnSync(bunFile(), [join(root, 'packages/web/build/run.ts')], { stdio: ['ignore', 2, 2] });
  if (built.status !== 0) console.error('The web client could not be built. Its messages are above.');
  return built.status === 0;
}

const exit = new AbortController();
process.on('exit', () => exit.abort());
/** The `signal` of `spawn` for programs that end when this one exits. */
export const untilExit = exit.signal;

/** Removes the folder when this program exits, also by Ctrl-C or SIGTERM. */
export function removeAtExit(folder) {
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(128 + constants.signals[signal]));
}

/** Runs a program in this terminal, and exits with its status. */
export function become(program, args) {
  const child = spawn(program, args, { cwd: process.cwd(), stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exit(signal ? 128 + 15 : (code ?? 1));
  });
}
