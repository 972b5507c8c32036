import type { FeedPart, FeedRecord } from '../feed/feed-port.ts';
import type { FreshRecords, Progress } from './follower.ts';

export interface Known {
  applied: Progress | undefined;
  decided: Progress;
}

/** What of the parts is to be applied, and which partitions have to be built from the stores before. */
export interface Plan {
  fresh: FreshRecords[];
  unbuilt: number[];
}

/**
 * Compares what was taken from the feed with how far the follower is. A partition is built from the stores when it never
 * was, when its history or its command log is another one, and when commands were decided that were not fed to it: the
 * feed dropped them, a previous version decided them, or the follower's progress was restored to an earlier moment.
 *
 * With `isBuilt` partitions were just built: parts behind a gap are of commands that the store does not have, and which
 * come again.
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
    const { applied } = progress;
    const found = !applied || needsBuilding(progress) ? null : freshOf(ofPartition, applied, progress.decided, isBuilt);
    if (found === null) plan.unbuilt.push(partition);
    else if (found.change.to > found.change.before.to) plan.fresh.push(found);
  }
  return plan;
}

/** Whether the follower has no progress in the partition that it could go on from. */
export function needsBuilding({ applied, decided }: Known): boolean {
  return applied === undefined || applied.epoch !== decided.epoch || applied.logId !== decided.logId;
}

/**
 * Null when there is a gap before one of the parts. Parts of another history, and parts from beyond the position of the
 * store, are of commands that a restored store has lost: these are decided and fed again.
 */
function freshOf(parts: readonly FeedPart[], before: Progress, decided: Progress, isBuilt: boolean) {
  const partition = parts[0]?.reach.partition ?? 0;
  const fresh = { change: { partition, before, to: before.to }, epoch: before.epoch, records: [] as FeedRecord[] };
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
