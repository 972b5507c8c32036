/** For this long a test waits for one thing: less than the runner gives a whole test, so that the reason is printed. */
export const patienceMs = 60_000;
/** Less than the runner gives a test: what fails is told before the runner ends it. */
export const testTimeoutMs = 110_000;
const pollMs = 100;

/**
 * What `look` gives, as soon as it is as wanted.
 * Throws after {@link patienceMs}, with what was waited for and what there was instead.
 */
export async function until<Value>(
  what: string,
  look: () => Value | Promise<Value>,
  isWanted: (value: Value) => boolean,
): Promise<Value> {
  const startedAtMs = performance.now();
  for (;;) {
    const value = await look();
    if (isWanted(value)) return value;
    if (performance.now() - startedAtMs > patienceMs) {
      throw new Error(`waited ${patienceMs} ms for ${what}; instead there was ${JSON.stringify(value)}`);
    }
    await Bun.sleep(pollMs);
  }
}

/** What `work` gives. Throws when it has not ended after so long. */
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
