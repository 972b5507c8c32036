// Calls between the benchmark and its client processes.

interface Call {
  id: number;
  name: string;
  argument: unknown;
}
type Answer = { id: number; result?: unknown; error?: string };
// Each call has one argument.
type Calls = Record<string, (argument: never) => unknown>;

const running = new Set<{ stop(): void }>();

/** Stops the client processes that a scenario which failed has left. */
export function stopWorkers(): void {
  for (const worker of running) worker.stop();
}

/** A client process, with what it can be asked to do. */
export class Worker<Offered extends Calls> {
  private calls = 0;
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private readonly child;

  constructor(program: string) {
    this.child = Bun.spawn([process.execPath, program], {
      stdio: ['ignore', 'inherit', 'inherit'],
      ipc: (answer: Answer) => {
        const call = this.waiting.get(answer.id);
        this.waiting.delete(answer.id);
        if (answer.error === undefined) call?.resolve(answer.result);
        else call?.reject(new Error(answer.error));
      },
      onExit: (_, code) => {
        running.delete(this);
        for (const { reject } of this.waiting.values()) reject(new Error(`a client process exited with ${code}`));
      },
    });
    running.add(this);
  }

  get pid(): number {
    return this.child.pid;
  }

  call<Name extends keyof Offered & string>(name: Name, argument: Parameters<Offered[Name]>[0]) {
    const answer = Promise.withResolvers<unknown>();
    const id = this.calls++;
    this.waiting.set(id, answer);
    this.child.send({ id, name, argument } satisfies Call);
    // The answer is what the call of this name returns.
    return answer.promise as Promise<Awaited<ReturnType<Offered[Name]>>>;
  }

  stop(): void {
    this.child.kill('SIGTERM');
  }
}

/** In a client process: makes the calls, and exits with the benchmark. */
export function answerCalls(calls: Calls): void {
  process.on('message', async ({ id, name, argument }: Call) => {
    try {
      // The benchmark has the types of the calls.
      process.send?.({ id, result: (await calls[name]?.(argument as never)) ?? null } satisfies Answer);
    } catch (error) {
      process.send?.({ id, error: String(error) } satisfies Answer);
    }
  });
  process.on('disconnect', () => process.exit(0));
}
