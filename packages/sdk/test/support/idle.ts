/**
 * Work that has begun and continues in a later turn of the event loop, with the place where it began: immediates and
 * timers without a delay, of the SDK and of the IndexedDB of the tests, and what tests add with {@link counted}.
 * Everything else that the SDK does continues in microtasks, which run to their end within a turn, or waits for time to
 * pass or for the test.
 */
const pending = new Map<object, string>();
const turnsMax = 100_000;

const { setImmediate: platformImmediate, setTimeout: platformTimeout } = globalThis;

/** The place in the SDK or IndexedDB that starts work; undefined for other callers. */
function startingPlace(): string | undefined {
  const { stack = '' } = new Error();
  // A blocked upgrade looks again and again whether the other page has closed the database, which the test decides.
  if (/queueTask.*\n.*waitForOthersClosed/.test(stack)) return undefined;
  return stack.split('\n').find((line) => /\/sdk\/src\/|fake-indexeddb/.test(line));
}

/** Runs what was scheduled, which is pending until then. */
function tracked(run: (...given: unknown[]) => void, given: unknown[]): () => void {
  const key = {};
  const place = startingPlace();
  if (place !== undefined) pending.set(key, place.trim());
  return () => {
    pending.delete(key);
    run(...given);
  };
}

globalThis.setImmediate = Object.assign(
  (run: (...given: unknown[]) => void, ...given: unknown[]) => platformImmediate(tracked(run, given)),
  platformImmediate,
) as typeof setImmediate;

globalThis.setTimeout = Object.assign(
  (run: (...given: unknown[]) => void, delayMs = 0, ...given: unknown[]) =>
    delayMs > 0 ? platformTimeout(run, delayMs, ...given) : platformTimeout(tracked(run, given)),
  platformTimeout,
) as typeof setTimeout;

/** Counts an operation that takes turns of the event loop and ends by itself. */
export async function counted<Value>(what: string, operation: () => Promise<Value>): Promise<Value> {
  const key = {};
  pending.set(key, what);
  try {
    return await operation();
  } finally {
    pending.delete(key);
  }
}

/**
 * Resolves when nothing continues by itself: no microtask, response or store transaction is pending. What has not
 * happened by then happens only when the test lets time pass or releases something that it holds back.
 */
export async function idle(): Promise<void> {
  for (let turn = 0; turn < turnsMax; turn++) {
    await new Promise<void>((resolve) => void platformImmediate(resolve));
    if (pending.size === 0) return;
  }
  throw new Error(`after ${turnsMax} turns of the event loop these are still pending: ${[...pending.values()]}`);
}
