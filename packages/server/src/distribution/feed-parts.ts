import type { FeedPart } from '../feed/feed-port.ts';
import type { CommandBatch } from './command-log-port.ts';
import type { BatchResult } from './decide-batch.ts';

/** Converts the result of a batch to parts of the feed, one for each partition of the batch. */
export function feedParts({ reaches }: CommandBatch, { fed, epochs }: BatchResult): FeedPart[] {
  return reaches
    .filter(({ from, to }) => to > from)
    .map((reach) => {
      const records = fed.get(reach.partition) ?? [];
      // All conversations of a shard have the same epoch.
      return { reach, epoch: records[0] && epochs.get(records[0].conversationId), records };
    });
}
