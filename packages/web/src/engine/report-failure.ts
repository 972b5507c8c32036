import { Disconnected, ParleyError } from '@parley/sdk';

/**
 * Nobody waits for what failed: it is for whoever looks into the browser's console. That there is no connection, or
 * that the session is over, shows on the page.
 */
export function reportFailure(error: unknown): void {
  if (error instanceof Disconnected) return;
  if (error instanceof ParleyError && error.code === 'unauthenticated') return;
  reportError(error);
}
