import { Gathering, type GatheringOptions } from './gathering.ts';

interface Call<Argument> {
  argument: Argument;
  resolve(): void;
  reject(error: unknown): void;
}

interface SharedCallsOptions<Argument> extends Pick<GatheringOptions<Argument>, 'next' | 'begin'> {
  /** Called with the arguments in order, one call at a time. */
  run(shared: Argument[]): Promise<void>;
  /** Whether a failure also rejects the waiting calls, which would otherwise wait as long again. */
  failsWaiting?: boolean;
}

/** Gathers calls that are made while an earlier one is under way, and carries them out together after it. */
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

  /** Resolves when the call was carried out; rejects as `run` does. */
  call(argument: Argument): Promise<void> {
    return new Promise((resolve, reject) => this.calls.add([{ argument, resolve, reject }]));
  }

  /** Resolves when no call is waiting or under way. */
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
