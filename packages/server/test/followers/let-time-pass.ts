import type { FakeClock } from '../support/fake-clock.ts';

/** Advances the clock until the condition holds; rejects with `what` it waited for when it never does. */
export async function letTimePassUntil(clock: FakeClock, what: string, isSo: () => boolean): Promise<void> {
  for (let step = 0; step < 2_000; step++) {
    if (isSo()) return;
    clock.advance(100);
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  }
  throw new Error(`timed out: ${what}`);
}
