import type { FeedPart } from '../feed/feed-port.ts';
import type { CommandBatch } from './command-log-port.ts';
import type { BatchResult } from './decide-batch.ts';

/** What a batch of a log that outlives its processes came to, for followers: a part for each of its partitions. */
export function feedParts({ reaches }: CommandBatch, { fed, epochs }: BatchResult): FeedPart[] {
  return reaches
    .filter(({ from, to }) => to > from)
    .map((reach) => {
      const records = fed.get(reach.partition) ?? [];
      // One shard has one epoch.
      return { reach, epoch: records[0] && epochs.get(records[0].conversationId), records };
    });
}
