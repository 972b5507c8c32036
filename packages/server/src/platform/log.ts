import { getLogger, type Logger } from '@logtape/logtape';
import { systemClock } from './clock.ts';
import { Unwritable } from './failures.ts';
import { RepeatedFailures } from './repeated-failures.ts';

/** Returns the log of one part of the server. */
export function logOf(part: string): Logger {
  return getLogger(['parley', part]);
}

/**
 * Returns a function that logs failures that no caller receives, with their cause. The same failure is logged once in
 * ten seconds, with the number of repetitions. {@link Unwritable} is not logged here: the store logs that itself, once.
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
