import { Gathering, type GatheringOptions } from './gathering.ts';

interface Call<Argument> {
  argument: Argument;
  resolve(): void;
  reject(error: unknown): void;
}

interface SharedCallsOptions<Argument> extends Pick<GatheringOptions<Argument>, 'next' | 'begin'> {
  /** Is called with the arguments in their order, one call at a time. */
  run(shared: Argument[]): Promise<void>;
  /** Whether a failure also rejects the calls that wait, which would wait as long again. */
  failsWaiting?: boolean;
}

/** Calls that are made while an earlier one is under way are carried out together after it. */
export class SharedCalls<Argument> {
  private readonly calls: Gathering<Call<Argument>>;

  constructor(private readonly options: SharedCallsOptions<Argument>) {
    const { next, begin } = options;
    this.calls = new Gathering({
      handle: (calls) => this.run(calls),
      ...(next ? { next: (calls) => next(calls.map(argumentOf)) } : {}),
      ...(begin ? { begin } : {}),
    });
  }

  /** How many calls wait to be carried out. */
  get size(): number {
    return this.calls.size;
  }

  /** Resolves when it was carried out; rejects as `run` does. */
  call(argument: Argument): Promise<void> {
    return new Promise((resolve, reject) => this.calls.add([{ argument, resolve, reject }]));
  }

  /** Resolves when no call is left. */
  idle(): Promise<void> {
    return this.calls.idle();
  }

  private async run(calls: Call<Argument>[]): Promise<void> {
    try {
      await this.options.run(calls.map(argumentOf));
    } catch (error) {
      const failed = this.options.failsWaiting ? [...calls, ...this.calls.clear()] : calls;
      for (const { reject } of failed) reject(error);
      return;
    }
    for (const { resolve } of calls) resolve();
  }
}

function argumentOf<Argument>({ argument }: Call<Argument>): Argument {
  return argument;
}
