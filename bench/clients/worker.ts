// Calls between the benchmark and its client processes.

export interface Call {
  id: number;
  name: string;
  argument: unknown;
}
export type Answer = { id: number; result?: unknown; error?: string };
// Each call has one argument.
export type Calls = Record<string, (argument: never) => unknown>;

const running = new Set<{ stop(): void }>();

/** Stops the client processes that a scenario which failed has left. */
export function stopWorkers(): void {
  for (const worker of running) worker.stop();
}

/** Calls to another process or thread, with what it can be asked to do. */
export abstract class Caller<Offered extends Calls> {
  private calls = 0;
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();

  call<Name extends keyof Offered & string>(name: Name, argument: Parameters<Offered[Name]>[0]) {
    const answer = Promise.withResolvers<unknown>();
    const id = this.calls++;
    this.waiting.set(id, answer);
    this.send({ id, name, argument });
    // The answer is what the call of this name returns.
    return answer.promise as Promise<Awaited<ReturnType<Offered[Name]>>>;
  }

  abstract stop(): void;

  protected abstract send(call: Call): void;

  protected answered({ id, result, error }: Answer): void {
    const call = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(error));
  }

  protected ended(reason: string): void {
    for (const { reject } of this.waiting.values()) reject(new Error(reason));
  }
}

/** A client process. */
export class Worker<Offered extends Calls> extends Caller<Offered> {
  private readonly child;

  constructor(program: string) {
    super();
    this.child = Bun.spawn([process.execPath, program], {
      stdio: ['ignore', 'inherit', 'inherit'],
      ipc: (answer: Answer) => this.answered(answer),
      onExit: (_, code) => {
        running.delete(this);
        this.ended(`a client process exited with ${code}`);
      },
    });
    running.add(this);
  }

  get pid(): number {
    return this.child.pid;
  }

  override stop(): void {
    this.child.kill('SIGTERM');
  }

  protected override send(call: Call): void {
    this.child.send(call);
  }
}

/** In a client process: makes the calls, and exits with the benchmark. */
export function answerCalls(calls: Calls): void {
  process.on('message', async (call: Call) => {
    process.send?.(await answerTo(call, calls));
  });
  process.on('disconnect', () => process.exit(0));
}

export async function answerTo({ id, name, argument }: Call, calls: Calls): Promise<Answer> {
  try {
    // The benchmark has the types of the calls.
    return { id, result: (await calls[name]?.(argument as never)) ?? null };
  } catch (error) {
    return { id, error: String(error) };
  }
}
