import type { Mailboxes } from '../connections/mailbox-port.ts';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import type { ConversationStore } from '../conversations/conversations-port.ts';
import type { CommandLog } from '../distribution/command-log-port.ts';
import type { Feed, FeedWriter } from '../feed/feed-port.ts';
import type { FollowerStates } from '../followers/follower.ts';
import type { TotalsStore } from '../followers/totals/totals-port.ts';
import type { RateLimits } from '../gateway/rate-limits-port.ts';
import type { FindCatchingUp, HistoryStore } from '../history/history-port.ts';
import type { ServerSettingsStore } from '../operations/server-settings-port.ts';
import type { ReadFeatureLevel } from '../platform/enabled-features.ts';
import type { Unusable } from '../platform/failures.ts';
import type { HopRecorder } from '../platform/tracing.ts';
import type { UserStore } from '../users/users-port.ts';

export interface Lost {
  reason: Unusable;
  /** Whether resources must stay open until the process exits, because their files may belong to another process now. */
  keepsOpen: boolean;
}

/** An adapter for each port. */
export interface Adapters {
  users: UserStore;
  conversations: ConversationStore;
  history: HistoryStore;
  findCatchingUp: FindCatchingUp;
  featureLevel: ReadFeatureLevel;
  serverSettings: ServerSettingsStore;
  feedWriter: FeedWriter;
  feed: Feed;
  followerStates: FollowerStates;
  totals: TotalsStore;
  commandLog: CommandLog;
  mailboxes: Mailboxes;
  registry: ConnectionRegistry;
  rateLimits: RateLimits;
  hops: HopRecorder;
  /** The check of each service, which rejects when the service can't be used. */
  checks: Readonly<Record<string, () => Promise<unknown>>>;
  /** Resolves when the process has to stop because its data is gone, or is not its own any more. */
  lost: Promise<Lost>;
  /** Writes pending data and releases all resources, also after a failure; rejects with the first one then. */
  close(): Promise<void>;
}
