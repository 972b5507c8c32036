const firstMs = 500;
const longestMs = 30_000;

/**
 * The delay before attempt number `attempt` (from 0). The range doubles with each attempt. The jitter spreads the
 * reconnects of clients that lost the same server.
 *
 * @param random a number from 0 to 1.
 */
export function backoffMs(attempt: number, random: number): number {
  const range = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 16));
  return Math.round(range * (0.25 + 0.75 * random));
}
