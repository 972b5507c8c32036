import { type ErrorCode, errors, type FieldError, type Problem } from '@parley/protocol';
import { failureDetails, Refusal, Unavailable, Unwritable } from '../platform/failures.ts';
import { failureReporter, logOf } from '../platform/log.ts';

const log = logOf('gateway');
const reportUnavailable = failureReporter('gateway');
const unavailableRetryMs = 1_000;

interface ProblemDetails {
  code: ErrorCode;
  detail: string;
  errors?: FieldError[] | undefined;
  retryAfterMs?: number | undefined;
  instance?: string;
}

/** The answer to a failure: refusals as they are, all other failures without internal details. */
export function problemOf(error: unknown): Response {
  if (error instanceof Refusal) return problem({ code: error.code, detail: error.message, ...error.more });
  if (error instanceof Unwritable) {
    const { retryAfterMs } = error;
    return problem({ code: 'unavailable', detail: failureDetails.unwritable, retryAfterMs });
  }
  if (error instanceof Unavailable) {
    reportUnavailable(error);
    return problem({ code: 'unavailable', detail: failureDetails.unavailable, retryAfterMs: unavailableRetryMs });
  }
  const instance = `urn:uuid:${crypto.randomUUID()}`;
  log.error('{instance} failed: {error}', { instance, error });
  return problem({ code: 'internal', detail: failureDetails.internal, instance });
}

/** An error as RFC 9457 problem details. */
function problem(details: ProblemDetails): Response {
  const { retryAfterMs } = details;
  const body = problemBody(details);
  const headers = new Headers({ 'content-type': 'application/problem+json' });
  if (retryAfterMs !== undefined) headers.set('retry-after', String(Math.ceil(retryAfterMs / 1_000)));
  if (body.status === 401) headers.set('www-authenticate', 'Bearer');
  return new Response(JSON.stringify(body), { status: body.status, headers });
}

export function problemBody({ code, detail, errors: fieldErrors, retryAfterMs, instance }: ProblemDetails): Problem {
  const { status, meaning } = errors[code];
  return {
    type: `/docs#error-${code}`,
    title: meaning,
    status,
    detail,
    code,
    ...(instance === undefined ? {} : { instance }),
    ...(fieldErrors === undefined ? {} : { errors: fieldErrors }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
