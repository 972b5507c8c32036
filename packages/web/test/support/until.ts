/** A test waits this long for one condition: less than the runner's limit, so that the reason is printed. */
export const patienceMs = 60_000;
/**
 * The limit of a test: less than the runner's, so that the reason is printed. Hundreds of frames, or dozens of runs of
 * axe, take minutes on a machine whose cores are busy.
 */
export const testTimeoutMs = 300_000;
/** Most conditions hold soon; a test that waits for half a minute needs few looks at the page. */
const pauses = { shortestMs: 20, longestMs: 500, growth: 1.2 };

/**
 * Calls `look` until `isWanted` accepts its result, and returns that result.
 * Throws after {@link patienceMs}, with what it waited for and the last result.
 */
export async function until<Value>(
  what: string,
  look: () => Value | Promise<Value>,
  isWanted: (value: Value) => boolean,
): Promise<Value> {
  const startedAtMs = performance.now();
  for (let pauseMs = pauses.shortestMs; ; pauseMs = Math.min(pauses.longestMs, pauseMs * pauses.growth)) {
    const value = await look();
    if (isWanted(value)) return value;
    if (performance.now() - startedAtMs > patienceMs) {
      throw new Error(`waited ${patienceMs} ms for ${what}; instead there was ${JSON.stringify(value)}`);
    }
    await Bun.sleep(pauseMs);
  }
}

/** The result of `work`. Throws if it takes longer than the timeout. */
export async function within<Value>(what: string, timeoutMs: number, work: Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
