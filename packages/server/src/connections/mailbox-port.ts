import type { Entry, ServerFrame, SessionId, UserId } from '@parley/protocol';
import type { Outcome } from '../conversations/command.ts';
import type { TraceParent } from '../platform/tracing.ts';

/** One server's copy of an entry, for everybody on it whom it concerns. */
export interface EntryCopy {
  kind: 'entry';
  entry: Entry;
  /** Whether the conversation is broadcast, see `ConversationHead.broadcastSeq`. */
  broadcast: boolean;
  /** Whether the server gets it for having registered interest in the conversation. */
  interested: boolean;
  /** Those whom the registry showed on this server; beside the interested ones where both ways are on. */
  recipientIds: UserId[];
  /** The hop that it comes from, when somebody follows its command. */
  trace?: TraceParent;
}

/** What one server is told. */
export type Delivery =
  | EntryCopy
  | { kind: 'outcome'; requestId: string; outcome: Outcome }
  /** A frame that is not part of any log: typing, read positions. Lost without harm. */
  | { kind: 'frame'; recipientIds: UserId[]; frame: ServerFrame }
  /** Somebody that this server watches came online or went offline. */
  | { kind: 'presence'; userId: UserId; online: boolean }
  /** Somebody that this server watches, or who is on it, has a new display name. Lost without harm. */
  | { kind: 'renamed'; userId: UserId; displayName: string }
  /** Sockets of these sessions are to be closed; of all the user's sessions when `sessionIds` is null. */
  | { kind: 'revoked'; userId: UserId; sessionIds: SessionId[] | null };

/** One mailbox for each running server. */
export interface Mailboxes {
  /** What this process has in hand, for measurement. */
  readonly waiting: WaitingDeliveries;
  /**
   * Opens the mailbox of `serverId`, which must be new. `receive` gets deliveries in the order in which one sender
   * delivered them, whole, at least once each, one call at a time; it must not throw.
   */
  open(serverId: string, receive: (deliveries: readonly Delivery[]) => void | Promise<void>): Promise<Mailbox>;
  /**
   * Resolves when the mailbox has them. A mailbox that isn't there (its server died) takes them and forgets them.
   * Rejects with {@link Unavailable} when they may not have arrived.
   */
  deliver(serverId: string, deliveries: readonly Delivery[]): Promise<void>;
  /** The servers that have a mailbox, dead ones too. */
  serverIds(): Promise<string[]>;
  /** Removes the mailbox of a server that died, with what is in it. */
  remove(serverId: string): Promise<void>;
}

/** Deliveries that wait to be put into mailboxes, and those out of mailboxes that wait to be received. */
export interface WaitingDeliveries {
  outgoing: number;
  incoming: number;
}

export interface Mailbox {
  /** Nothing is received after this resolves; the mailbox is removed. */
  close(): Promise<void>;
}
