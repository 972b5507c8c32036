import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const programs = fileURLToPath(new URL('programs/', import.meta.url));
const patienceMs = 240_000;

/** Without the variables of npm, so that an npm that is started here uses its own folder. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

export interface Outcome {
  exitCode: number;
  printed: string;
  complaints: string;
}

/** Runs a program until it ends. */
export async function run(
  command: readonly string[],
  cwd: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const child = Bun.spawn([...command], {
    cwd,
    env: { ...environment, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: patienceMs,
  });
  const [printed, complaints] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { exitCode: await child.exited, printed: printed.trim(), complaints: complaints.trim() };
}

/** Runs a program that must succeed. Resolves with its output. */
export async function succeed(...given: Parameters<typeof run>): Promise<string> {
  const { exitCode, printed, complaints } = await run(...given);
  if (exitCode !== 0) throw new Error(`${given[0].join(' ')} ended with ${exitCode}: ${printed}\n${complaints}`);
  return printed;
}

/** A package in the version of the workspace, which is in npm's cache. */
export function inWorkspace(name: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
  return `${name}@${version}`;
}

export function workspaceFile(path: string): string {
  return join(root, path);
}

/** The tarballs of `npm pack`, and projects that install them. */
export class Installation {
  private readonly folder = mkdtempSync(join(tmpdir(), 'parley-package-'));
  private readonly packed = join(this.folder, 'packed');

  async pack(): Promise<void> {
    mkdirSync(this.packed);
    const workspaces = ['@parley/protocol', '@parley/sdk'].flatMap((name) => ['--workspace', name]);
    await succeed(['npm', 'pack', '--ignore-scripts=false', ...workspaces, '--pack-destination', this.packed], root);
  }

  get tarballs(): string[] {
    return readdirSync(this.packed).sort();
  }

  /** Creates a project with these programs, and installs the packages like the README says, and others. */
  async project(name: string, programNames: readonly string[], others: readonly string[] = []): Promise<string> {
    const project = this.empty(name);
    cpSync(this.packed, project, { recursive: true });
    for (const program of programNames) cpSync(join(programs, program), join(project, program));
    await install(project, [...this.tarballs, ...others]);
    return project;
  }

  /** The path of a release of Node.js: the installed one, or one from an npm package. */
  async node(version: string): Promise<string> {
    if ((await succeed(['node', '--version'], this.folder)) === `v${version}`) return 'node';
    const project = this.empty(`node-${version}`);
    await install(project, [`node-${process.platform}-${process.arch}@${version}`]);
    return join(project, 'node_modules/.bin/node');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private empty(name: string): string {
    const project = join(this.folder, name);
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module', private: true }));
    return project;
  }
}

async function install(project: string, packages: readonly string[]): Promise<void> {
  const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  await succeed(['npm', 'install', ...flags, ...packages], project);
}

/** The code blocks of the README of an installed package. */
export function examplesOf(project: string, packageName: string): string[] {
  const readme = readFileSync(join(project, 'node_modules', packageName, 'README.md'), 'utf8');
  return [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);
}

/** The paths of all files of an installed package. */
export function filesOf(project: string, packageName: string): string[] {
  const folder = join(project, 'node_modules', packageName);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
