import type {
  Account,
  ConversationId,
  Entry,
  InputOf,
  MessageChange,
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

/** A message that is not shown as an entry yet. `sent`: acknowledged; its entry follows, or came before. */
export interface Pending extends StoredMessage {
  status: 'queued' | 'sending' | 'sent' | 'failed';
  /** The number of its entry; null until the server has acknowledged it. */
  seq: number | null;
}

/**
 * Another version of the page runs in this browser: `newer` is a later one; `blocked` is an earlier one that keeps this
 * one from opening the store until its tabs are closed.
 */
export type OtherVersion = 'newer' | 'blocked' | null;

/** The whole state that a tab shows. Later changes follow as {@link News}. */
export interface Snapshot {
  account: Account | null;
  /** The session was revoked elsewhere. */
  wasRevoked: boolean;
  /** The account whose session was lost when the server was restored. Its data is kept until it logs in again. */
  lostAccountId: UserId | null;
  /** The store could not be read yet: it may have a session. */
  isAccountUnknown: boolean;
  /** The server was restored from a backup, and the person has not closed the bar that says so. */
  wasRestored: boolean;
  /** Whether the browser stores what the engine writes. */
  isStoring: boolean;
  /** A proxy or the network answers requests in place of the server. */
  isIntercepted: boolean;
  connection: ConnectionState;
  /** The features that the server has beyond the first version, or had at the last connection. */
  features: readonly string[];
  conversations: ConversationData[];
  pending: Pending[];
}

/** One change. */
export type News =
  | { kind: 'snapshot'; snapshot: Snapshot }
  | { kind: 'account'; account: Account | null }
  /** These people's current names. */
  | { kind: 'people'; people: readonly Person[] }
  | { kind: 'connection'; connection: ConnectionState; features: readonly string[] }
  | { kind: 'storage'; isStoring: boolean }
  | { kind: 'intercepted'; isIntercepted: boolean }
  | { kind: 'otherVersion'; otherVersion: OtherVersion }
  | { kind: 'conversation'; conversation: ConversationData }
  | { kind: 'gone'; conversationId: ConversationId }
  /** An entry of a conversation that this tab follows. Each arrives once and in order. */
  | { kind: 'entry'; entry: Entry }
  /** Messages of a conversation that this tab follows, in the state to show. `failure`: the server refused a change. */
  | {
      kind: 'amended';
      conversationId: ConversationId;
      messages: readonly MessageEntry[];
      /** Too many were amended while the client was away: the pages that are shown are outdated. */
      reread: boolean;
      failure: Failure | null;
    }
  /** The server refused a change of a message, and no tab shows the conversation. This tab, and no other, reports it. */
  | { kind: 'refused'; conversationId: ConversationId; failure: Failure }
  /** Entries were left out after a long absence: the part that is shown no longer reaches the end. */
  | { kind: 'skipped'; conversationId: ConversationId }
  /**
   * The server was restored: entries after the number `keptSeq` may no longer exist, and their numbers may belong to
   * others. Null: the list of conversations is read again.
   */
  | { kind: 'restored'; conversationId: ConversationId; keptSeq: number }
  | { kind: 'restored'; conversationId: null }
  | { kind: 'pending'; message: Pending }
  | { kind: 'discarded'; conversationId: ConversationId; clientMessageId: string }
  | { kind: 'typing'; conversationId: ConversationId; userId: UserId }
  | { kind: 'read'; conversationId: ConversationId; userId: UserId; seq: number }
  | { kind: 'presence'; users: { userId: UserId; online: boolean }[]; conversations: OnlineCount[] }
  /** Messages of a conversation were edited or deleted: notifications must not show their former texts. Null: any. */
  | { kind: 'reworded'; conversationId: ConversationId; messages: readonly MessageEntry[] | null }
  /** This tab, and no other, notifies the person. */
  | { kind: 'notify'; entry: MessageEntry; conversation: ConversationData };

export type AmendedNews = Extract<News, { kind: 'amended' }>;

export interface OnlineCount {
  conversationId: ConversationId;
  onlineCount: number;
}

export interface ConversationChange {
  name?: string;
  description?: string;
  announceOnly?: boolean;
}

/** Requests of a tab to the engine. A failure has the code of the server's refusal. */
export interface Requests {
  signup(input: InputOf<'signup'>): Promise<Account>;
  login(input: InputOf<'login'>): Promise<Account>;
  logout(): Promise<void>;
  setDisplayName(displayName: string): Promise<Account>;
  /** A page of the members with their current presence. */
  members(
    conversationId: ConversationId,
    page: { cursor?: string; limit?: number },
  ): Promise<ResponseOf<'listMembers'>>;
  /** Calls any other operation of the HTTP API. */
  operation(id: OperationId, input: InputOf<OperationId>): Promise<ResponseOf<OperationId>>;
  openDirect(userId: UserId): Promise<ConversationId>;
  createGroup(group: { name: string; userIds: UserId[]; clientRequestId: string }): Promise<ConversationId>;
  createChannel(channel: {
    name: string;
    description: string;
    announceOnly: boolean;
    clientRequestId: string;
  }): Promise<ConversationId>;
  join(conversationId: ConversationId): Promise<ConversationId>;
  update(conversationId: ConversationId, change: ConversationChange): Promise<void>;
  leave(conversationId: ConversationId): Promise<void>;
  /**
   * Resolves when the message is stored for sending. The client sends it as soon as it can, once for each id.
   *
   * @param replyTo the number of the message that it replies to.
   */
  send(conversationId: ConversationId, text: string, clientMessageId: string, replyTo?: number): Promise<void>;
  /**
   * Changes a message: an entry, or, by its client message id, one that is waiting to be sent. Resolves when the change
   * is on its way. News show its result.
   */
  amend(conversationId: ConversationId, message: MessageEntry | string, change: MessageChange): Promise<void>;
  retry(clientMessageId: string): Promise<void>;
  discard(clientMessageId: string): Promise<void>;
  history(conversationId: ConversationId, page: HistoryRange): Promise<History>;
  /** The pinned messages, the newest first. */
  pins(conversationId: ConversationId): Promise<MessageEntry[]>;
  /** @param readVersion no effect if the conversation was marked as unread since this version of the read position. */
  markRead(conversationId: ConversationId, seq: number, readVersion: number): Promise<void>;
  /** Marks an entry and those after it as unread. */
  markUnread(conversationId: ConversationId, seq: number): Promise<void>;
  typing(conversationId: ConversationId): Promise<void>;
  /** Watches what this tab has in view, instead of what it watched before. */
  watch(watch: Watch): Promise<void>;
  /** Sends new entries of these conversations, and of no others, to this tab. */
  follow(conversationIds: ConversationId[]): Promise<void>;
  /** These people, without those who are not found. */
  people(userIds: UserId[]): Promise<Person[]>;
  /** Reports whether the person looks at this tab, and which conversation it shows. */
  attend(visible: boolean, conversationId: ConversationId | null): Promise<void>;
  /** The person has closed the bar that says that the server was restored. */
  restoredSeen(): Promise<void>;
  /** The browser reports that the network is available again. */
  online(): Promise<void>;
}

export type RequestName = keyof Requests;
export type AnswerTo<Name extends RequestName> = Awaited<ReturnType<Requests[Name]>>;

export interface Failure {
  code: string;
  message: string;
  /** The invalid fields and the rules that they break. */
  errors: { field: string; rule: string }[];
}

export type ToEngine =
  | { type: 'hello'; lock: string }
  | { type: 'request'; id: number; name: RequestName; given: unknown[] };
export type FromEngine =
  | { type: 'news'; news: News[] }
  | { type: 'answer'; id: number; value: unknown }
  | { type: 'failure'; id: number; failure: Failure };
