import type { Mailboxes } from '../connections/mailbox-port.ts';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import type { ConversationStore } from '../conversations/conversations-port.ts';
import type { CommandLog } from '../distribution/command-log-port.ts';
import type { Feed, FeedWriter } from '../feed/feed-port.ts';
import type { FollowerStates } from '../followers/follower.ts';
import type { TotalsStore } from '../followers/totals/totals-port.ts';
import type { RateLimits } from '../gateway/rate-limits-port.ts';
import type { HistoryStore, IsCatchingUp } from '../history/history-port.ts';
import type { ReadFeatureLevel } from '../platform/enabled-features.ts';
import type { Unusable } from '../platform/failures.ts';
import type { HopRecorder } from '../platform/tracing.ts';
import type { UserStore } from '../users/users-port.ts';

/** An adapter for each port. */
export interface Adapters {
  users: UserStore;
  conversations: ConversationStore;
  history: HistoryStore;
  isCatchingUp: IsCatchingUp;
  featureLevel: ReadFeatureLevel;
  feedWriter: FeedWriter;
  feed: Feed;
  followerStates: FollowerStates;
  totals: TotalsStore;
  commandLog: CommandLog;
  mailboxes: Mailboxes;
  registry: ConnectionRegistry;
  rateLimits: RateLimits;
  hops: HopRecorder;
  /** By service, what shows that it answers; rejects when it doesn't. */
  checks: Readonly<Record<string, () => Promise<unknown>>>;
  /** Resolves when the process has to end, with why: what it stands on is gone. */
  lost: Promise<Unusable>;
  /** Writes what is pending and lets go of everything. */
  close(): Promise<void>;
}
