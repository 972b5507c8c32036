import type { ErrorCode, FieldError, Problem } from '@parley/protocol';

/** An error response of the server. The API reference explains the codes. */
export class ParleyError extends Error {
  override name = 'ParleyError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly status: number | null = null,
    /** The fields that broke rules. */
    readonly errors: readonly FieldError[] = [],
    /** The delay after which the caller can retry. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
  }

  static of(problem: Problem): ParleyError {
    const { code, detail, status, errors, retryAfterMs } = problem;
    return new ParleyError(code, detail, status, errors ?? [], retryAfterMs ?? null);
  }

  /** Whether the same request, with the same ids, can succeed later. */
  get temporary(): boolean {
    return this.code === 'rate_limited' || this.code === 'overloaded' || this.code === 'unavailable';
  }
}

/** The server could not be reached, or the connection or session ended before the response. */
export class Disconnected extends Error {
  override name: string = 'Disconnected';
}

/**
 * A proxy or network responded in the server's place, for example a single sign-on proxy whose session ended or a
 * network with a login page.
 */
export class Intercepted extends Disconnected {
  override name = 'Intercepted';
}
