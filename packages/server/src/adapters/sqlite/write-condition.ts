import type { Clock } from '../../platform/clock.ts';
import { Unwritable } from '../../platform/failures.ts';
import { reasonOf } from './sqlite-failures.ts';

/**
 * While the database cannot be written, one transaction is tried in this interval; other writes are refused without a
 * try.
 */
const attemptIntervalMs = 1_000;
/** How long refused clients wait before they retry. */
const retryAfterMs = 2_000;

/** Called when the database becomes unwritable, and when it is writable again. */
export interface WriteConditionEvents {
  lost(reason: string, cause: unknown): void;
  regained(afterMs: number): void;
}

interface Fault {
  reason: string;
  sinceMs: number;
  nextAttemptMs: number;
}

/** Whether the database can be written, according to the last attempt. */
export class WriteCondition {
  private fault: Fault | null = null;

  constructor(
    private readonly clock: Pick<Clock, 'monotonicMs'>,
    private readonly events: WriteConditionEvents,
  ) {}

  /** The error with which a write is refused without a try; null when it may be tried. */
  refusal(): Unwritable | null {
    if (!this.fault || this.clock.monotonicMs() >= this.fault.nextAttemptMs) return null;
    return unwritable(this.fault.reason);
  }

  /** Records that a transaction failed with `cause`. Returns the error with which its writes are refused. */
  failed(cause: unknown): Unwritable {
    const reason = reasonOf(cause);
    const nowMs = this.clock.monotonicMs();
    if (this.fault?.reason !== reason) this.events.lost(reason, cause);
    this.fault = { reason, sinceMs: this.fault?.sinceMs ?? nowMs, nextAttemptMs: nowMs + attemptIntervalMs };
    return unwritable(reason, cause);
  }

  /** A transaction was committed. */
  succeeded(): void {
    if (!this.fault) return;
    const { sinceMs } = this.fault;
    this.fault = null;
    this.events.regained(this.clock.monotonicMs() - sinceMs);
  }
}

function unwritable(reason: string, cause?: unknown): Unwritable {
  return new Unwritable(`nothing can be written now: ${reason}`, retryAfterMs, { cause });
}
