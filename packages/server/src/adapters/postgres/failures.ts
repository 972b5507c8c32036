import postgres from 'postgres';
import { Unavailable } from '../../platform/failures.ts';

/**
 * The server does not serve a requested shard, or does not accept writes to it, because it is being moved or was moved.
 */
export class NotServed extends Error {
  override name = 'NotServed';
}

/** The SQLSTATE that the functions `served` and `writable` raise; only Parley uses class PA. */
const notServedState = 'PA001';
const deadlockState = '40P01';
/** The SQLSTATE that `as_decided` raises when a head or a position has changed since it was read. */
const movedHeadState = 'PA002';

/**
 * Serialization failure and deadlock, where a retry can succeed; and a duplicate key: two distributors created a
 * conversation at the same time, and deciding again finds it (race 3).
 */
const repeatableStates = new Set(['40001', deadlockState, '23505', movedHeadState]);

/**
 * SQLSTATE classes of a database that is temporarily unable: connection, transaction rollback, insufficient resources
 * (such as a full disk), operator intervention (shutdown, statement timeout, recovery), system error; or that refuses
 * the login: authorization and database name. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const unavailableClasses = new Set(['08', '28', '3D', '40', '53', '57', '58']);

/** States of other classes with the same meaning: a standby that accepts no writes, locks, idle transactions. */
const unavailableStates = new Set(['25006', '25P03', '55P03']);

/** Errors of the connection, from postgres.js, the operating system and TLS. */
const connectionCodes =
  /^(CONNECT_TIMEOUT|CONNECTION_\w+|E[A-Z]{3,}|ERR_(SOCKET|TLS|SSL)\w*|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+|CERT_\w+)$/;

/** Whether a batch that failed with this error has to be decided again. */
export function isRepeatable(error: unknown): boolean {
  return error instanceof postgres.PostgresError && repeatableStates.has(error.code);
}

export function isMovedHead(error: unknown): boolean {
  return error instanceof postgres.PostgresError && error.code === movedHeadState;
}

/** Whether PostgreSQL cancelled the statement to resolve a deadlock. */
export function isDeadlock(error: unknown): boolean {
  const reason = error instanceof Unavailable ? error.cause : error;
  return reason instanceof postgres.PostgresError && reason.code === deadlockState;
}

/** The error to reject with: {@link NotServed}, {@link Unavailable}, or the error itself. None has values of a row. */
export function failureOf(error: unknown, serverName: string): unknown {
  // Errors are logged with their properties. These may repeat a whole row, with a message or the hash of a password.
  if (error instanceof postgres.PostgresError)
    for (const name of ['detail', 'where']) Reflect.deleteProperty(error, name);
  if (error instanceof postgres.PostgresError && error.code === notServedState) {
    return new NotServed(error.message, { cause: error });
  }
  if (!isUnavailable(error)) return error;
  return new Unavailable(`PostgreSQL server ${serverName} could not run the statement`, { cause: error });
}

function isUnavailable(error: unknown): boolean {
  if (error instanceof postgres.PostgresError) {
    return unavailableClasses.has(error.code.slice(0, 2)) || unavailableStates.has(error.code);
  }
  return error instanceof Error && 'code' in error && connectionCodes.test(String(error.code));
}
