import { patienceMs } from './patience.ts';

interface Patience {
  withinMs?: number;
  /** The pause after each call of the condition. By default, short pauses that grow. */
  pauseMs?: number;
}

/** Most conditions hold soon. A test that waits long would otherwise use much processor time. */
const pauses = { shortestMs: 1, longestMs: 25, growth: 1.1 };

/** Polls until the condition holds. Rejects with the name of the condition when it does not hold within the time. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  { withinMs = patienceMs, pauseMs }: Patience = {},
): Promise<void> {
  const startMs = performance.now();
  for (let nextMs = pauses.shortestMs; !(await isSo()); nextMs = Math.min(pauses.longestMs, nextMs * pauses.growth)) {
    if (performance.now() - startMs > withinMs) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await Bun.sleep(pauseMs ?? nextMs);
  }
}
