import type { Clock } from './clock.ts';

/** An operation exceeded its time limit. */
export class Late extends Error {
  override name = 'Late';
}

export function pause(clock: Pick<Clock, 'after'>, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}

/** Resolves and rejects as `call` does; rejects with {@link Late} when that takes longer than `limitMs`. */
export async function within<Answer>(
  clock: Pick<Clock, 'after'>,
  limitMs: number,
  call: PromiseLike<Answer>,
): Promise<Answer> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(limitMs, () => late.reject(new Late(`no answer within ${limitMs} ms`)));
  try {
    return await Promise.race([call, late.promise]);
  } finally {
    cancel();
  }
}

/**
 * Backoff in milliseconds after `failures` failed attempts: doubles from `firstMs` up to `mostMs`. Half of it is
 * random, so that many processes do not retry at the same moment.
 */
export function backOffMs(
  failures: number,
  { firstMs, mostMs }: { firstMs: number; mostMs: number },
  random: () => number = Math.random,
): number {
  const delayMs = Math.min(mostMs, firstMs * 2 ** Math.min(failures, 16));
  return delayMs / 2 + (random() * delayMs) / 2;
}
