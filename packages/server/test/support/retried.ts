import { ParleyError } from '@parley/sdk';

/** Repeats a call that an overloaded server refuses, as a client does. */
export async function retriedWhileOverloaded<Result>(call: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ParleyError) || error.code !== 'overloaded' || attempt === 20) throw error;
      await Bun.sleep(error.retryAfterMs ?? 1_000);
    }
  }
}
