import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Subprocess } from 'bun';
import type { GivenSettings } from '../../src/settings/settings.ts';
import { refuseSecrets } from './secrets-in-output.ts';

const cli = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url));
const lazySchemas = fileURLToPath(new URL('./lazy-kafka-schemas.ts', import.meta.url));

/** Made by `npm test` for a whole run. */
const bundle = process.env['TESTED_PARLEY_PROGRAM'];

/** The command that runs `parley`: bundled, if there is a bundle; from the sources, if a module must be preloaded. */
export function parleyProgram(preload?: string): readonly string[] {
  if (bundle !== undefined && preload === undefined) return [process.execPath, bundle];
  const preloaded = [lazySchemas, ...(preload === undefined ? [] : [preload])];
  return [process.execPath, ...preloaded.flatMap((file) => ['--preload', file]), cli];
}

interface ProcessOptions {
  settings: GivenSettings;
  /** The command that runs `parley serve`; that of {@link parleyProgram} by default. */
  command?: readonly string[];
  environment?: Record<string, string>;
}

/** A server in a process of its own, which can be killed. When it ends, its output must contain no secret. */
export class ServerProcess {
  private constructor(
    private readonly child: Subprocess<'ignore', 'pipe', 'pipe'>,
    readonly url: string,
    private readonly output: Output,
  ) {}

  /** Resolves when it serves. Rejects with its output when it exits before. */
  static async start({ settings, command = [...parleyProgram(), 'serve'], environment }: ProcessOptions) {
    const all: GivenSettings = {
      port: '0',
      'rate-limits': 'off',
      'drain-notice-ms': '0',
      'drain-ms': '0',
      ...settings,
    };
    const flags = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
    const child = Bun.spawn([...command, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // This variable is not a setting of the server.
      env: { ...process.env, PARLEY_TEST_SHAPE: undefined, ...environment },
      // A process group of its own, so that a parent such as npm and the server get the same signals.
      detached: true,
    });
    return new Promise<ServerProcess>((resolve, reject) => {
      const [standard, errors]: [string[], string[]] = [[], []];
      const read = Promise.all([
        follow(child.stdout, (text) => standard.push(text)),
        follow(child.stderr, (text) => {
          errors.push(text);
          const url = /http:\/\/localhost:\d+/.exec(errors.join(''))?.[0];
          if (url !== undefined) resolve(new ServerProcess(child, url, { standard, errors, read }));
        }),
      ]);
      read.then(() => reject(new Error(`the server exited before it served: ${errors.join('')}`)), reject);
    });
  }

  get pid(): number {
    return this.child.pid;
  }

  /** The standard error so far, line by line. */
  get lines(): string[] {
    return linesOf(this.output.errors);
  }

  /** The standard output and the standard error so far, line by line. */
  get allLines(): string[] {
    return [...linesOf(this.output.standard), ...this.lines];
  }

  /** Resolves with the exit code when it has exited and its output is complete. */
  get ended(): Promise<number> {
    return this.output.read.then(() => this.child.exited);
  }

  residentBytes(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))?.[1]) * 1024;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /**
   * Sends SIGKILL, unless it has exited: nothing is flushed, no connection is closed properly. Resolves when the process
   * is gone.
   */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Sends SIGSTOP, or SIGCONT after it, or a signal for a preloaded module. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGUSR2'): void {
    process.kill(-this.child.pid, signal);
  }

  /** Sends SIGTERM, unless it has exited. Resolves with the exit code. */
  stop(): Promise<number> {
    return this.end('SIGTERM');
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number> {
    const { pid, exitCode, signalCode } = this.child;
    if (exitCode === null && signalCode === null) process.kill(-pid, signal);
    const code = await this.ended;
    refuseSecrets(this.allLines);
    return code;
  }
}

/** What a process printed so far. */
interface Output {
  standard: readonly string[];
  errors: readonly string[];
  /** Resolves when both were read to the end. */
  read: Promise<unknown>;
}

function linesOf(texts: readonly string[]): string[] {
  return texts.join('').split('\n').filter(Boolean);
}

/** Reads to the end, so that the writer never blocks. */
async function follow(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
}
