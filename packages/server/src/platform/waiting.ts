import type { Clock } from './clock.ts';

/** Something took longer than it was given. */
export class Late extends Error {
  override name = 'Late';
}

export function pause(clock: Pick<Clock, 'after'>, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}

/** What `call` comes to; rejects with {@link Late} when that takes longer than `limitMs`. */
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
 * Milliseconds before the attempt after `failures` failed ones: doubles from `firstMs` up to `mostMs`; half of it is
 * chance, so that many processes don't come back in the same moment.
 */
export function backOffMs(failures: number, { firstMs, mostMs }: { firstMs: number; mostMs: number }): number {
  const delayMs = Math.min(mostMs, firstMs * 2 ** Math.min(failures, 16));
  return delayMs / 2 + (Math.random() * delayMs) / 2;
}
