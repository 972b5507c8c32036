import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Subprocess } from 'bun';
import type { GivenSettings } from '../../src/settings/settings.ts';

const cli = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url));

/** The command that runs `parley` from the sources, with a preloaded module if given. */
export function parleyProgram(preload?: string): readonly string[] {
  return [process.execPath, ...(preload === undefined ? [] : ['--preload', preload]), cli];
}

interface ProcessOptions {
  settings: GivenSettings;
  /** The command that runs `parley serve`; from the sources by default. */
  command?: readonly string[];
  environment?: Record<string, string>;
}

/** A server in a process of its own, which can be killed. */
export class ServerProcess {
  private constructor(
    private readonly child: Subprocess<'ignore', 'ignore', 'pipe'>,
    readonly url: string,
    private readonly output: readonly string[],
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
      stdio: ['ignore', 'ignore', 'pipe'],
      // This variable is not a setting of the server.
      env: { ...process.env, PARLEY_TEST_SHAPE: undefined, ...environment },
      // A process group of its own, so that a parent such as npm and the server get the same signals.
      detached: true,
    });
    const printed: string[] = [];
    return new Promise<ServerProcess>((resolve, reject) => {
      void follow(child.stderr, (text) => {
        printed.push(text);
        const url = /http:\/\/localhost:\d+/.exec(printed.join(''))?.[0];
        if (url !== undefined) resolve(new ServerProcess(child, url, printed));
      }).then(() => reject(new Error(`the server exited before it served: ${printed.join('')}`)));
    });
  }

  get pid(): number {
    return this.child.pid;
  }

  /** The output so far, line by line. */
  get lines(): string[] {
    return this.output.join('').split('\n').filter(Boolean);
  }

  /** Resolves with the exit code when it exits by itself. */
  get ended(): Promise<number> {
    return this.child.exited;
  }

  residentBytes(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))?.[1]) * 1024;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Sends SIGKILL: nothing is flushed, no connection is closed properly. Resolves when the process is gone. */
  async kill(): Promise<void> {
    process.kill(-this.child.pid, 'SIGKILL');
    await this.child.exited;
  }

  /** Sends SIGSTOP, or SIGCONT after it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(-this.child.pid, signal);
  }

  /** Sends SIGTERM. Resolves with the exit code. */
  stop(): Promise<number> {
    process.kill(-this.child.pid, 'SIGTERM');
    return this.child.exited;
  }
}

/** Reads to the end, so that the writer never blocks. */
async function follow(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
}
