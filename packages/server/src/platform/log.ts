import { getLogger, type Logger } from '@logtape/logtape';

/** The log of one part of the server. */
export function logOf(part: string): Logger {
  return getLogger(['parley', part]);
}

/** A sink for failures that have no caller left to be told: they are logged with their cause. */
export function failureReporter(part: string): (error: unknown) => void {
  const log = logOf(part);
  return (error) => log.error('{error}', { error });
}
