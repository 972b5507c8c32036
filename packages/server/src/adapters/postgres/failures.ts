import postgres from 'postgres';
import { Unavailable } from '../../platform/failures.ts';

/** The server doesn't serve a shard that it was asked for, or takes no writes to it: it is, or was, being moved. */
export class NotServed extends Error {
  override name = 'NotServed';
}

/** SQLSTATE that the functions `served` and `writable` raise; class PA is nobody else's. */
const notServedState = 'PA001';
const deadlockState = '40P01';
/** What `as_decided` raises when a head or a position isn't the one that was decided by. */
const movedHeadState = 'PA002';

/**
 * Serialization failure and deadlock, where the same again can succeed; and a key that was there: two distributors
 * created one conversation at once, and deciding again finds it (race 3).
 */
const repeatableStates = new Set(['40001', deadlockState, '23505', movedHeadState]);

/**
 * Classes of SQLSTATE that say the database can't now: connection, transaction undone, out of resources (a full disk
 * is one), operator's intervention (shutdown, statement timeout, recovery), system error; or that it doesn't let us
 * in: who we are, and which database that is.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const unavailableClasses = new Set(['08', '28', '3D', '40', '53', '57', '58']);

/** States of other classes that say it too: a standby that takes no writes, locks, transactions that idled. */
const unavailableStates = new Set(['25006', '25P03', '55P03']);

/** Errors of the connection itself, by postgres.js, by the operating system and by TLS. */
const connectionCodes =
  /^(CONNECT_TIMEOUT|CONNECTION_\w+|E[A-Z]{3,}|ERR_(SOCKET|TLS|SSL)\w*|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+|CERT_\w+)$/;

/** Whether a batch that met this is to be decided again. */
export function isRepeatable(error: unknown): boolean {
  return error instanceof postgres.PostgresError && repeatableStates.has(error.code);
}

export function isMovedHead(error: unknown): boolean {
  return error instanceof postgres.PostgresError && error.code === movedHeadState;
}

/** Whether PostgreSQL has undone a statement because it and another waited for each other. */
export function isDeadlock(error: unknown): boolean {
  const reason = error instanceof Unavailable ? error.cause : error;
  return reason instanceof postgres.PostgresError && reason.code === deadlockState;
}

/** What to reject with: {@link NotServed}, {@link Unavailable}, or the error itself. */
export function failureOf(error: unknown, serverName: string): unknown {
  if (error instanceof postgres.PostgresError && error.code === notServedState) {
    return new NotServed(error.message, { cause: error });
  }
  if (!isUnavailable(error)) return error;
  return new Unavailable(`PostgreSQL server ${serverName} could not carry it out`, { cause: error });
}

function isUnavailable(error: unknown): boolean {
  if (error instanceof postgres.PostgresError) {
    return unavailableClasses.has(error.code.slice(0, 2)) || unavailableStates.has(error.code);
  }
  return error instanceof Error && 'code' in error && connectionCodes.test(String(error.code));
}
