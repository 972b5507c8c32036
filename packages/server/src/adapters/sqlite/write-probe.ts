import type { Clock } from '../../platform/clock.ts';
import type { GroupCommit } from './group-commit.ts';
import { migrations } from './migrations.ts';

/** Whoever asks in between gets the answer of the last probe. */
const probeIntervalMs = 1_000;

/** Shows by a write whether the database takes writes: one at a time, at most one a second, for all who ask. */
export class WriteProbe {
  private last: { startedMs: number; outcome: Promise<unknown>; settled: boolean } | null = null;

  constructor(
    private readonly writes: Pick<GroupCommit, 'run' | 'database'>,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
  ) {}

  /** Rejects with what the write was refused with. */
  check(): Promise<unknown> {
    const nowMs = this.clock.monotonicMs();
    if (this.last && (!this.last.settled || nowMs - this.last.startedMs < probeIntervalMs)) return this.last.outcome;
    const outcome = this.writes.run(() => this.writes.database.run(`PRAGMA user_version = ${migrations.length}`));
    const probe = { startedMs: nowMs, outcome, settled: false };
    const settle = () => {
      probe.settled = true;
    };
    outcome.then(settle, settle);
    this.last = probe;
    return outcome;
  }
}
