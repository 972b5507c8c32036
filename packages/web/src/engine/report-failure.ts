import { Disconnected, ParleyError, StoreUnavailable } from '@parley/sdk';

/**
 * Nobody waits for what failed: it is for whoever looks into the browser's console. That there is no connection,
 * that the session is over, or that nothing can be stored, shows on the page.
 */
export function reportFailure(error: unknown): void {
  if (error instanceof Disconnected || error instanceof StoreUnavailable) return;
  if (error instanceof ParleyError && error.code === 'unauthenticated') return;
  reportError(error);
}
