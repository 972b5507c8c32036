import type { Account, Conversation, ConversationId, Entry, ErrorCode } from '@parley/protocol';

export interface StoredSession {
  token: string;
  account: Account;
  /** How far the last catch-up got; `never` and absent: all conversations were not here yet. */
  catchUp?: 'never' | 'interrupted' | 'done';
  /** Read positions are in the store as they were at this revision, or later. Absent: unknown. */
  readRevision?: number;
  /** Of the list of conversations and the read positions, as the server told it last. */
  epoch?: string;
  /** What the version of the client that wrote this can read of a conversation; another version reads them all again. */
  terms?: string;
  /** The server was restored to a moment before this session: all that is kept waits for the account to log in again. */
  lost?: true;
}

/** A conversation as it was last known. */
export interface StoredConversation {
  conversation: Conversation;
  /** The number of the last entry that was shown. */
  position: number;
}

/** A message on its way out. */
export interface StoredMessage {
  clientMessageId: string;
  conversationId: ConversationId;
  text: string;
  /** Messages of one conversation go out in this order. */
  order: number;
  createdAtMs: number;
  /** Why it will not be sent again by itself; null while it will be. */
  failure: { code: ErrorCode; message: string } | null;
}

/**
 * `lost`: everything that was kept is gone; the client writes again what it knows. `newer`: a later version of the client
 * uses the store too; this one can go on. `blocked`: an earlier version, which is open elsewhere, keeps the store from
 * being opened; its methods wait. `opened`: the store is open now, or could not be opened.
 */
export type StoreNotice = 'lost' | 'newer' | 'blocked' | 'opened';

/**
 * What a client keeps between runs. What resolved is there after a restart, as far as the platform keeps anything. What
 * could not be done rejects: the client goes on without the store, and tries again.
 */
export interface Store {
  /** Calls `run` with what happens to the store from outside. */
  onNotice?(run: (notice: StoreNotice) => void): void;

  session(): Promise<StoredSession | null>;
  setSession(session: StoredSession | null): Promise<void>;

  conversations(): Promise<StoredConversation[]>;
  putConversation(conversation: StoredConversation): Promise<void>;
  /** With its entries. */
  deleteConversation(conversationId: ConversationId): Promise<void>;

  /** Keeps entries for reading without a connection; each number once. */
  putEntries(conversationId: ConversationId, entries: readonly Entry[]): Promise<void>;
  /** At most `limit` entries with a smaller number, ascending; the newest without `before`. May have gaps. */
  entries(conversationId: ConversationId, page: { before?: number; limit: number }): Promise<Entry[]>;

  /** By order. */
  outbox(): Promise<StoredMessage[]>;
  putOutbox(message: StoredMessage): Promise<void>;
  deleteOutbox(clientMessageId: string): Promise<void>;

  /** The secrets by which a server knows this device, newest first; they name nobody and let nobody in. */
  deviceSecrets(): Promise<readonly string[]>;
  setDeviceSecrets(secrets: readonly string[]): Promise<void>;

  /** Forgets everything but the device secrets: whoever logged out logs in again as on a known device. */
  clear(): Promise<void>;
}
