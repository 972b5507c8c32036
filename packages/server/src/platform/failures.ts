import type { ErrorCode, FieldError } from '@parley/protocol';
import { reasonOf } from './reasons.ts';

/** A refusal with a code of the protocol: what a client did or met, never a fault of the program. */
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

/** A store or service can't be reached or can't answer now. Whether what was asked was done is not known. */
export class Unavailable extends Error {
  override name = 'Unavailable';
}

/** The store takes no writes for now. Nothing of what was asked was done; the same later is worth a try. */
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

/** What the server was given to work with can't be used; says why, in a sentence for whoever starts it. */
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

/** What the system or the store refused as a sentence that begins with `what`; any other error as it is. */
export function inWords(what: string, cause: unknown): unknown {
  const reason = reasonOf(cause);
  return reason === null ? cause : new Unusable(`${what}: ${reason}`, { cause });
}

/** Runs `work`, and throws what the system or the store refuses it {@link inWords}. */
export function usable<Result>(what: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw inWords(what, cause);
  }
}

/** What somebody is told whose request failed by no fault of theirs. */
export const failureDetails = {
  unwritable: 'The server can write nothing now. It was not done.',
  unavailable: 'The server can not do this now. Whether it was done is not known.',
  internal: 'A fault of the server.',
} as const;
