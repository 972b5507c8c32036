import type { Account, Conversation, ConversationId, Entry, ErrorCode, MessageChange, UserId } from '@parley/protocol';

export interface StoredSession {
  token: string;
  account: Account;
  /** The progress of the last catch-up. `never` or absent: not all conversations have been loaded yet. */
  catchUp?: 'never' | 'interrupted' | 'done';
  /** The stored read positions are those of this revision or later. Absent: unknown. */
  readRevision?: number;
  /** Read positions that were set without a connection and that the server does not have yet, by conversation. */
  unsentReads?: Readonly<Record<ConversationId, number>>;
  /** Marks as unread that the server does not have yet, by conversation. */
  unsentMarks?: Readonly<Record<ConversationId, UnreadMark>>;
  /** The last epoch of the list of conversations and the read positions. */
  epoch?: string;
  /** The features of the server at the last connection. Absent: none. */
  features?: readonly string[];
  /**
   * Identifies what the client that wrote this understands. A client with other terms reads all conversations again.
   */
  terms?: string;
  /** The server was restored to a time before this session. The data waits for the account to log in again. */
  lost?: true;
}

/** A mark as unread: the first unread entry, and the read position at which it was made. */
export interface UnreadMark {
  seq: number;
  readSeq: number;
  readVersion: number;
}

/** The last known state of a conversation. */
export interface StoredConversation {
  conversation: Conversation;
  /** The number of the last entry that was shown. */
  position: number;
  /**
   * The numbers of the user's own messages after the read position, which the server counts as unread. The unread count
   * of `conversation` does not include them. Absent: none.
   */
  ownUnread?: readonly number[];
  /** The stored entries have the amendments up to this revision. Absent: 0. */
  revision?: number;
}

/** An outgoing message. */
export interface StoredMessage {
  clientMessageId: string;
  conversationId: ConversationId;
  text: string;
  /** The number of the message that it replies to. */
  replyTo?: number;
  /** It was never sent: its text can be changed. */
  untried?: true;
  /** Messages of one conversation are sent in this order. */
  order: number;
  createdAtMs: number;
  /** Why the message failed; null while the client will send it. */
  failure: { code: ErrorCode; message: string } | null;
}

/** An amendment that the server has not acknowledged. */
export interface StoredAmendment {
  amendmentId: string;
  /** The user who made it. */
  userId: UserId;
  conversationId: ConversationId;
  /** The message; its number is null while the message itself is waiting to be sent. */
  clientMessageId: string;
  seq: number | null;
  change: MessageChange;
  /** Amendments of one conversation are sent in this order. */
  order: number;
}

/**
 * `lost`: the store lost all data; the client writes what it has in memory. `newer`: a later version of the client uses
 * the store too; this one can continue. `blocked`: an earlier version in another page keeps the store from being
 * opened; the methods wait. `opened`: the store is open, or could not be opened.
 */
export type StoreNotice = 'lost' | 'newer' | 'blocked' | 'opened';

/**
 * Keeps the data of a client between runs. When a method resolves, its change survives a restart, as far as the
 * platform stores data durably. A method that fails rejects: the client continues without the store and retries.
 */
export interface Store {
  /** Calls `run` when something else affects the store. */
  onNotice?(run: (notice: StoreNotice) => void): void;

  session(): Promise<StoredSession | null>;
  setSession(session: StoredSession | null): Promise<void>;

  conversations(): Promise<StoredConversation[]>;
  putConversation(conversation: StoredConversation): Promise<void>;
  /** Deletes the conversation and its entries. */
  deleteConversation(conversationId: ConversationId): Promise<void>;

  /**
   * Stores entries for reading without a connection. An entry replaces one with the same number, unless that has a later
   * `revision`.
   */
  putEntries(conversationId: ConversationId, entries: readonly Entry[]): Promise<void>;
  /** At most `limit` entries with numbers below `before`, or the newest, ascending. May have gaps. */
  entries(conversationId: ConversationId, page: { before?: number; limit: number }): Promise<Entry[]>;

  /** Replaces each stored entry that has one of these numbers by what `revise` returns for it. */
  reviseEntries(
    conversationId: ConversationId,
    seqs: readonly number[],
    revise: (entry: Entry) => Entry,
  ): Promise<void>;

  /** All amendments, ordered by `order`. */
  amendments(): Promise<StoredAmendment[]>;
  putAmendment(amendment: StoredAmendment): Promise<void>;
  deleteAmendment(amendmentId: string): Promise<void>;

  /** All messages, ordered by `order`. */
  outbox(): Promise<StoredMessage[]>;
  putOutbox(message: StoredMessage): Promise<void>;
  deleteOutbox(clientMessageId: string): Promise<void>;

  /** The device secrets, newest first. They do not identify a user and do not grant access. */
  deviceSecrets(): Promise<readonly string[]>;
  setDeviceSecrets(secrets: readonly string[]): Promise<void>;

  /** Deletes all data except the device secrets, so that later log-ins come from a known device. */
  clear(): Promise<void>;
}
