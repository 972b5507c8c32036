import { defaultSubmitBounds } from '../../src/distribution/submitter.ts';
import { patienceMs } from './patience.ts';

/**
 * Bounds for servers of tests that are not about overload: a busy machine may take seconds for one command, for which
 * the product refuses others. `distribution/submitter.test.ts` tests the product's bounds.
 */
export const patientBounds = { ...defaultSubmitBounds, slowAfterMs: patienceMs, giveUpAfterMs: patienceMs };
