import type { Command } from '../../src/conversations/command.ts';
import type { Feed, FeedPart, FeedRecord } from '../../src/feed/feed-port.ts';
import type { FollowerStates } from '../../src/followers/follower.ts';
import type { TotalsStore } from '../../src/followers/totals/totals-port.ts';
import { fields, newIds } from './conversations-under-test.ts';
import type { Stores } from './sqlite-stores.ts';

/** The stores, the feed and the progress of followers, on one set of adapters. */
export interface FeedUnderTest extends Pick<Stores, 'history' | 'conversations'> {
  feed: Feed;
  states: FollowerStates;
  totals: TotalsStore;
  /** Processes the commands and writes their records to the feed. */
  decide(...commands: Command[]): Promise<void>;
  /** Processes the commands twice, as after a crash between the commit and the write to the feed. */
  decideTwice: ((...commands: Command[]) => Promise<void>) | null;
  /** Processes the commands as a previous version does, which does not write to the feed. */
  decideWithoutFeed: ((...commands: Command[]) => Promise<void>) | null;
  partitions: number;
  close(): Promise<void>;
}

/** Members of the conversations. */
export const [ana = '', ben = ''] = newIds(2);

export function send(conversationId: string, text: string): Command {
  return { ...fields(conversationId, ana), kind: 'send', text };
}

export function edit(conversationId: string, text: string): Command {
  return { ...fields(conversationId, ana), kind: 'edit', seq: 2, text, acceptedAtMs: 0 };
}

export function recordsOf(parts: readonly FeedPart[]): FeedRecord[] {
  return parts.flatMap(({ records }) => records);
}
