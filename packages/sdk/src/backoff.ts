const firstMs = 500;
const longestMs = 30_000;

/**
 * How long to wait before try number `attempt` (from 0): full jitter over a range that doubles, so that clients that
 * lost one server together don't come back together.
 *
 * @param random from 0 up to 1.
 */
export function backoffMs(attempt: number, random: number): number {
  const range = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 16));
  return Math.round(range * (0.25 + 0.75 * random));
}
