import type { Outcome } from '../conversations/command.ts';

/** What distribution tells about itself. */
export interface DistributionMetrics {
  /** One batch went all the way: committed, routed, delivered. */
  batchDone(batch: {
    commands: number;
    entries: number;
    /** Copies of those entries, one for each server that has somebody for one. */
    copies: number;
    /** Until it was on disk. */
    commitMs: number;
    /** From then on, until it was known which servers get what. */
    routeMs: number;
    /** From then on, until the mailboxes had it. */
    deliverMs: number;
  }): void;
  /** One command could not be decided and was put out of the way. */
  commandSetAside(): void;
  /** So many entries are dated before the ones before them, which a clock that was ahead had dated. */
  datedBack(entries: number): void;
}

export const noDistributionMetrics: DistributionMetrics = {
  batchDone: () => undefined,
  commandSetAside: () => undefined,
  datedBack: () => undefined,
};

/** What those who submit commands tell about it. */
export interface SubmitMetrics {
  /** The log has a command, so long after it was submitted. */
  appended(durationMs: number): void;
  /** What became of a command is known, or will not be known here, so long after it was submitted. */
  settled(outcome: Outcome['kind'] | 'unavailable', durationMs: number): void;
  /** A command was refused for there being too many. */
  overloaded(): void;
}

export const noSubmitMetrics: SubmitMetrics = {
  appended: () => undefined,
  settled: () => undefined,
  overloaded: () => undefined,
};
