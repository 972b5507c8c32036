import { getLogger, type Logger } from '@logtape/logtape';
import { systemClock } from './clock.ts';
import { Unwritable } from './failures.ts';
import { RepeatedFailures } from './repeated-failures.ts';

/** The log of one part of the server. */
export function logOf(part: string): Logger {
  return getLogger(['parley', part]);
}

/**
 * A sink for failures that have no caller left to be told: they are logged with their cause, the same one once in ten
 * seconds with how often it came in between. That a store takes no writes is not: the store tells it, once.
 */
export function failureReporter(part: string): (error: unknown) => void {
  const log = logOf(part);
  const repeated = new RepeatedFailures(systemClock);
  return (error) => {
    if (error instanceof Unwritable) return;
    const times = repeated.admit(error);
    if (times === null) return;
    if (times === 0) log.error('{error}', { error });
    else log.error('{error}, and {times} times before that', { error, times });
  };
}
