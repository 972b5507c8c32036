import type { ErrorCode, FieldError, Problem } from '@parley/protocol';

/** A refusal by the server, with the code that the reference explains. */
export class ParleyError extends Error {
  override name = 'ParleyError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly status: number | null = null,
    /** The fields that broke a rule. */
    readonly errors: readonly FieldError[] = [],
    /** After this trying again makes sense. */
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

/** The server could not be reached, or the connection ended before the answer came. */
export class Disconnected extends Error {
  override name: string = 'Disconnected';
}

/**
 * Something between here and the server answered in its place: a sign-on proxy whose session ended, or a network at
 * which one has to sign in first.
 */
export class Intercepted extends Disconnected {
  override name = 'Intercepted';
}
