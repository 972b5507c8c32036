import type { FeedPart, FeedRecord } from '../feed/feed-port.ts';
import type { FreshRecords, Progress, ProgressChange } from './follower.ts';

export interface Known {
  applied: Progress | undefined;
  decided: Progress;
}

/** The records to apply, and the partitions that must be built from the stores first. */
export interface Plan {
  fresh: FreshRecords[];
  unbuilt: number[];
}

/**
 * Compares parts of the feed with the progress of the follower. A partition must be built from the stores if it never
 * was, if its epoch or its command log has changed, or if the feed has a gap: the feed dropped records, a previous
 * version processed commands without writing to the feed, or a restore set back the follower's progress.
 *
 * `isBuilt` means that the partitions were just built. Parts after a gap then belong to commands that the store does
 * not have; they will be processed and delivered again.
 */
export function freshRecords(
  parts: readonly FeedPart[],
  known: ReadonlyMap<number, Known>,
  { isBuilt }: { isBuilt: boolean },
): Plan {
  const plan: Plan = { fresh: [], unbuilt: [] };
  for (const [partition, ofPartition] of Map.groupBy(parts, ({ reach }) => reach.partition)) {
    const progress = known.get(partition);
    if (!progress) continue;
    const { applied, decided } = progress;
    const start = applied && !needsBuilding(progress) && { partition, before: applied, to: applied.to };
    const found = start ? freshOf(ofPartition, start, decided, isBuilt) : null;
    if (found === null) plan.unbuilt.push(partition);
    else if (found.change.to > found.change.before.to) plan.fresh.push(found);
  }
  return plan;
}

/** Whether the follower has no progress in the partition from which it can continue. */
export function needsBuilding({ applied, decided }: Known): boolean {
  return applied === undefined || applied.epoch !== decided.epoch || applied.logId !== decided.logId;
}

/**
 * Returns null if there is a gap before one of the parts. Skips parts of another epoch and parts after the position of
 * the store: a restored store has lost their commands, which will be processed and delivered again.
 */
function freshOf(parts: readonly FeedPart[], change: ProgressChange, decided: Progress, isBuilt: boolean) {
  const { before } = change;
  const fresh = { change, epoch: before.epoch, records: [] as FeedRecord[] };
  for (const { reach, epoch, records } of parts) {
    const { to } = fresh.change;
    if (reach.logId !== before.logId || reach.to <= to) continue;
    if (reach.to > decided.to || (records.length > 0 && epoch !== before.epoch)) continue;
    if (reach.from > to && !isBuilt) return null;
    if (reach.from > to) continue;
    fresh.records.push(...records.filter(({ position }) => position >= to));
    fresh.change.to = reach.to;
  }
  return fresh;
}
