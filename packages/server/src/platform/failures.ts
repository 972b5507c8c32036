import type { ErrorCode, FieldError } from '@parley/protocol';
import { reasonOf } from './reasons.ts';

/**
 * A refusal with a code of the protocol. It is caused by the client or by the server's state, never by a fault in the
 * program.
 */
export class Refusal extends Error {
  override name = 'Refusal';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly more: { retryAfterMs?: number; errors?: FieldError[] } = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * A store or service can't be reached or does not answer. The requested operation may or may not have been carried out.
 */
export class Unavailable extends Error {
  override name = 'Unavailable';
}

/** The store cannot be written at present. The requested operation was not carried out and may be retried later. */
export class Unwritable extends Unavailable {
  override name = 'Unwritable';

  constructor(
    message: string,
    readonly retryAfterMs: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * A setting, folder, service or machine can't be used. The message explains it to the person who starts the program.
 */
export class Unusable extends Error {
  override name = 'Unusable';
}

/** Another process has the data folder. */
export class FolderHeld extends Unusable {
  override name = 'FolderHeld';

  constructor(folder: string, options?: ErrorOptions) {
    super(`--data: ${folder} is being served by another process`, options);
  }
}

/**
 * Converts an error of the operating system or the store to one whose message begins with `what`; returns other errors
 * unchanged.
 */
export function inWords(what: string, cause: unknown): unknown {
  const reason = reasonOf(cause);
  return reason === null ? cause : new Unusable(`${what}: ${reason}`, { cause });
}

/** Runs `work`, and converts the errors that it throws with {@link inWords}. */
export function usable<Result>(what: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw inWords(what, cause);
  }
}

/** The answer to a request that failed through no fault of the client. */
export const failureDetails = {
  unwritable: 'The server cannot write now. The request was not carried out.',
  unavailable: 'The server cannot do this now. It is not known whether the request was carried out.',
  internal: 'An internal error of the server.',
} as const;
