import { Disconnected, ParleyError, StoreUnavailable } from '@parley/sdk';

/**
 * Writes the failure of work that nothing waits for to the browser's console, except failures that the page shows
 * anyway: no connection, an ended session, or a store that can't be written.
 */
export function reportFailure(error: unknown): void {
  if (error instanceof Disconnected || error instanceof StoreUnavailable) return;
  if (error instanceof ParleyError && error.code === 'unauthenticated') return;
  reportError(error);
}
