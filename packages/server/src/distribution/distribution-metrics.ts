import type { Outcome } from '../conversations/command.ts';

/** Metrics of the distributor. */
export interface DistributionMetrics {
  /** A batch was committed, routed and delivered. */
  batchDone(batch: {
    commands: number;
    entries: number;
    /** Copies of those entries, one for each server with recipients. */
    copies: number;
    /** From the start until the batch was on disk. */
    commitMs: number;
    /** From the commit until the recipients' servers were known. */
    routeMs: number;
    /** From there until the mailboxes had the copies. */
    deliverMs: number;
  }): void;
  /** A command could not be decided and was set aside. */
  commandSetAside(): void;
  /** This many entries have a time before that of the previous entry, whose clock was ahead. */
  datedBack(entries: number): void;
}

/** Metrics of submitting commands. */
export interface SubmitMetrics {
  /** The log has a command, this long after it was submitted. */
  appended(durationMs: number): void;
  /** The outcome of a command is known, or will never be known here, this long after it was submitted. */
  settled(outcome: Outcome['kind'] | 'unavailable', durationMs: number): void;
  /** A command was refused because too many were under way. */
  overloaded(): void;
}

export const noSubmitMetrics: SubmitMetrics = {
  appended: () => undefined,
  settled: () => undefined,
  overloaded: () => undefined,
};
