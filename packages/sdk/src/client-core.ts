import type { Account, ConversationId, Entry, ServerFrameOf } from '@parley/protocol';
import type { ConnectionState } from './connection.ts';
import type { Conversation } from './conversation.ts';
import type { Conversations, ConversationsPorts } from './conversations.ts';
import type { Events } from './events.ts';
import type { HttpApi } from './http.ts';
import type { Outbox } from './outbox.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import type { People, Person } from './people.ts';
import type { Runtime } from './runtime.ts';
import type { SteadyStore } from './store/steady-store.ts';
import type { StoreNotice } from './store/store.ts';

/** What a client tells. */
export interface ClientEvents {
  state: ConnectionState;
  /** The next entry of any conversation, each once, in its conversation's order. */
  entry: Entry;
  /**
   * A long absence: these entries of the conversation were left out, and `history` or `live({ after })` fetches them.
   */
  skipped: { conversation: Conversation; fromSeq: number; toSeq: number };
  /**
   * The server was restored to an earlier moment. What was read of this conversation (null: of the list of
   * conversations and the read positions) was discarded and is read again. Entries that were shown may be gone, and
   * other entries may have their numbers. New entries follow as `entry`. Unsent messages are kept.
   */
  restored: { conversation: Conversation | null };
  /**
   * The session ended elsewhere: it was revoked, or, with `lost`, the server was restored to a moment before it was begun.
   * Of a lost one everything is kept: when the same account logs in, what waits is sent; {@link ParleyClient.logout}, or
   * another account's log-in, forgets it.
   */
  sessionEnded: { lost: boolean };
  /** Something about a conversation changed: its name, head, unread count; it came or went. */
  conversation: { conversation: Conversation; removed: boolean };
  outbox: OutgoingMessage;
  presence: ServerFrameOf<'presence'>;
  typing: ServerFrameOf<'typing'>;
  /** People whose names changed, or became known. */
  people: readonly Person[];
  read: ServerFrameOf<'read'>;
  /** Whether the store accepts writes. While it does not, the client goes on with what it has in memory. */
  storage: { available: boolean };
  /**
   * Another version of the client, in another page of the browser, uses the store too. `newer`: reload this page; until
   * then it goes on. `blocked`: close the other page, which has an earlier version; until then this one waits for the
   * store. `opened`: that page is closed.
   */
  otherVersion: { notice: Exclude<StoreNotice, 'lost'> };
  /** Whether something between here and the server answers requests in its place: a person has to sign in there. */
  intercepted: { isIntercepted: boolean };
  /** What went wrong without a caller to be told. */
  error: unknown;
}

/** What the parts of a client use of it. */
export interface ClientCore extends ConversationsPorts {
  readonly api: HttpApi;
  readonly store: SteadyStore;
  readonly outbox: Outbox;
  readonly events: Events<ClientEvents>;
  readonly runtime: Runtime;
  readonly conversations: Conversations;
  readonly people: People;
  readonly account: Account | null;
  /** Ends this connection and makes another, after a back-off. */
  restart(): void;
  saveSession(): Promise<void>;
  /** Takes in how far this person read, as another device told the server. */
  readElsewhere(conversationId: ConversationId, seq: number, messageCount: number): void;
  /** Tells and keeps that a conversation is not what it was. */
  changed(conversation: Conversation): void;
  /** Resolves when the current state of all conversations is in the store; rejects when it cannot be stored. */
  conversationsWritten(): Promise<unknown>;
}
