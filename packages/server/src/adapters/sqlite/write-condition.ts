import type { Clock } from '../../platform/clock.ts';
import { Unwritable } from '../../platform/failures.ts';
import { reasonOf } from './sqlite-failures.ts';

/** While nothing can be written, one transaction is tried in this time; the other writes are refused unseen. */
const attemptIntervalMs = 1_000;
/** How long refused clients wait before they retry. */
const retryAfterMs = 2_000;

/** Called when the database stops taking writes, and when it takes them again. */
export interface WriteConditionEvents {
  lost(reason: string, cause: unknown): void;
  regained(afterMs: number): void;
}

interface Fault {
  reason: string;
  sinceMs: number;
  nextAttemptMs: number;
}

/** Whether the database takes writes, as the last attempt found it. */
export class WriteCondition {
  private fault: Fault | null = null;

  constructor(
    private readonly clock: Pick<Clock, 'monotonicMs'>,
    private readonly events: WriteConditionEvents,
  ) {}

  /** What a write is refused with before it is tried; null when it may be tried. */
  refusal(): Unwritable | null {
    if (!this.fault || this.clock.monotonicMs() >= this.fault.nextAttemptMs) return null;
    return unwritable(this.fault.reason);
  }

  /** A transaction met `cause`, a failure of the store. Returns what its writes are refused with. */
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
