import type {
  Account,
  ConversationId,
  Entry,
  InputOf,
  MessageEntry,
  OperationId,
  ResponseOf,
  UserId,
} from '@parley/protocol';
import type {
  ConnectionState,
  ConversationData,
  History,
  HistoryRange,
  Person,
  StoredMessage,
  Watch,
} from '@parley/sdk';

/** A message on its way, as tabs see it. `sent`: acknowledged; its entry follows, or came already. */
export interface Pending extends StoredMessage {
  status: 'queued' | 'sending' | 'sent' | 'failed';
  /** Its number, once it is on the server's disk. */
  seq: number | null;
}

/**
 * Another version of the page runs in this browser: a later one, or an earlier one that keeps this one from what is
 * stored until its tabs are closed.
 */
export type OtherVersion = 'newer' | 'blocked' | null;

/** Everything a tab needs to show itself; what changes afterwards comes as {@link News}. */
export interface Snapshot {
  account: Account | null;
  /** Nobody logged out here: the session was revoked elsewhere. */
  wasRevoked: boolean;
  /** Whose session was lost when the server was restored: what is stored of the account waits for it to log in. */
  lostAccountId: UserId | null;
  /** The server was restored to an earlier moment, and nobody has seen yet that it was. */
  wasRestored: boolean;
  /** Whether the browser stores what the engine writes. */
  isStoring: boolean;
  /** A proxy, or the network, answers requests in the server's place. */
  isIntercepted: boolean;
  connection: ConnectionState;
  conversations: ConversationData[];
  pending: Pending[];
}

/** One thing that changed. */
export type News =
  | { kind: 'snapshot'; snapshot: Snapshot }
  | { kind: 'account'; account: Account | null }
  /** How these are called now. */
  | { kind: 'people'; people: readonly Person[] }
  | { kind: 'connection'; connection: ConnectionState }
  | { kind: 'storage'; isStoring: boolean }
  | { kind: 'intercepted'; isIntercepted: boolean }
  | { kind: 'otherVersion'; otherVersion: OtherVersion }
  | { kind: 'conversation'; conversation: ConversationData }
  | { kind: 'gone'; conversationId: ConversationId }
  /** Of a conversation that this tab follows: each once, in order. */
  | { kind: 'entry'; entry: Entry }
  /** Entries of a conversation were left out after a long absence: what is shown of it no longer reaches the end. */
  | { kind: 'skipped'; conversationId: ConversationId }
  /** The server was restored: what was shown of the conversation may be gone, and its numbers another entry's. */
  | { kind: 'restored'; conversationId: ConversationId | null }
  | { kind: 'pending'; message: Pending }
  | { kind: 'discarded'; conversationId: ConversationId; clientMessageId: string }
  | { kind: 'typing'; conversationId: ConversationId; userId: UserId }
  | { kind: 'read'; conversationId: ConversationId; userId: UserId; seq: number }
  | { kind: 'presence'; users: { userId: UserId; online: boolean }[]; conversations: OnlineCount[] }
  /** This tab, and no other, is to tell the person of it. */
  | { kind: 'notify'; entry: MessageEntry; conversation: ConversationData };

export interface OnlineCount {
  conversationId: ConversationId;
  onlineCount: number;
}

export interface ConversationChange {
  name?: string;
  description?: string;
  announceOnly?: boolean;
}

/** What a tab asks of the engine. Failures come back with the code of the server's refusal. */
export interface Requests {
  signup(input: InputOf<'signup'>): Promise<Account>;
  login(input: InputOf<'login'>): Promise<Account>;
  logout(): Promise<void>;
  setDisplayName(displayName: string): Promise<Account>;
  /** A page of the members, and presence as it was then. */
  members(
    conversationId: ConversationId,
    page: { cursor?: string; limit?: number },
  ): Promise<ResponseOf<'listMembers'>>;
  /** Any operation that needs no more than its answer. */
  operation(id: OperationId, input: InputOf<OperationId>): Promise<ResponseOf<OperationId>>;
  openDirect(userId: UserId): Promise<ConversationId>;
  createGroup(group: { name: string; userIds: UserId[] }): Promise<ConversationId>;
  createChannel(channel: { name: string; description?: string; announceOnly?: boolean }): Promise<ConversationId>;
  join(conversationId: ConversationId): Promise<ConversationId>;
  update(conversationId: ConversationId, change: ConversationChange): Promise<void>;
  leave(conversationId: ConversationId): Promise<void>;
  /** Resolves when the message outlives this browser; it is sent when that is possible, under one id once. */
  send(conversationId: ConversationId, text: string, clientMessageId: string): Promise<void>;
  retry(conversationId: ConversationId, clientMessageId: string): Promise<void>;
  discard(conversationId: ConversationId, clientMessageId: string): Promise<void>;
  history(conversationId: ConversationId, page: HistoryRange): Promise<History>;
  markRead(conversationId: ConversationId, seq: number): Promise<void>;
  typing(conversationId: ConversationId): Promise<void>;
  /** What this tab has in view; replaces what it watched before. */
  watch(watch: Watch): Promise<void>;
  /** Entries of these conversations come to this tab. */
  follow(conversationIds: ConversationId[]): Promise<void>;
  /** Names of those of these people that are known or found. */
  people(userIds: UserId[]): Promise<Person[]>;
  /** Whether this tab is looked at, and which conversation it shows. */
  attend(visible: boolean, conversationId: ConversationId | null): Promise<void>;
  /** The person has seen that the server was restored. */
  restoredSeen(): Promise<void>;
  /** The network is back. */
  online(): Promise<void>;
}

export type RequestName = keyof Requests;
export type AnswerTo<Name extends RequestName> = Awaited<ReturnType<Requests[Name]>>;

export interface Failure {
  code: string;
  message: string;
  /** Which fields broke which rules. */
  errors: { field: string; rule: string }[];
}

export type ToEngine =
  | { type: 'hello'; lock: string }
  | { type: 'request'; id: number; name: RequestName; given: unknown[] };
export type FromEngine =
  | { type: 'news'; news: News[] }
  | { type: 'answer'; id: number; value: unknown }
  | { type: 'failure'; id: number; failure: Failure };
