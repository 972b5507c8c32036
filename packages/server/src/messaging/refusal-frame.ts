import { CutOff, cutOffReason } from '../connections/lease-failures.ts';
import { failureDetails, Refusal, Unavailable, Unwritable } from '../platform/failures.ts';
import type { Connection } from './connection.ts';

/**
 * Answers a request that failed. Failures that are not refusals are reported. A client that needs a part of the registry
 * from which this server is cut off is resynchronised instead, so that it connects to another server.
 */
export function refuse(
  connection: Connection,
  id: string | undefined,
  error: unknown,
  reportFailure: (error: unknown) => void,
): void {
  const request = id === undefined ? {} : { id };
  if (error instanceof Refusal) {
    const field = error.more.errors?.[0]?.field;
    const { retryAfterMs } = error.more;
    connection.send({
      type: 'error',
      ...request,
      code: error.code,
      message: error.message,
      ...(field === undefined ? {} : { field }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
    return;
  }
  if (error instanceof CutOff) {
    connection.resync(cutOffReason);
    return;
  }
  if (error instanceof Unwritable) {
    const { retryAfterMs } = error;
    const message = failureDetails.unwritable;
    connection.send({ type: 'error', ...request, code: 'unavailable', message, retryAfterMs });
    return;
  }
  reportFailure(error);
  const unavailable = error instanceof Unavailable;
  connection.send({
    type: 'error',
    ...request,
    code: unavailable ? 'unavailable' : 'internal',
    message: unavailable ? failureDetails.unavailable : failureDetails.internal,
    ...(unavailable ? { retryAfterMs: 1_000 } : {}),
  });
}
