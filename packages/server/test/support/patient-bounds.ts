import type { PoolBounds } from '../../src/adapters/postgres/pool.ts';
import { defaultSubmitBounds } from '../../src/distribution/submitter.ts';
import { patienceMs } from './patience.ts';

/**
 * Bounds for servers of tests that are not about overload: a busy machine may take seconds for one command, for which
 * the product refuses others. `distribution/submitter.test.ts` tests the product's bounds.
 */
export const patientBounds = { ...defaultSubmitBounds, slowAfterMs: patienceMs, giveUpAfterMs: patienceMs };

/** The same for PostgreSQL, to which even a connection may take seconds. */
export const patientPoolBounds: PoolBounds = {
  // The setting has the number of connections.
  ...{ maxConnections: 1, keepsConnections: false },
  ...{ statementTimeoutMs: patienceMs, answerTimeoutMs: patienceMs, connectTimeoutMs: patienceMs },
};
