import type { Entry, MessageEntry, ServerFrame, SessionId, UserId } from '@parley/protocol';
import type { Outcome } from '../conversations/command.ts';
import type { TraceParent } from '../platform/tracing.ts';

/** One server's copy of an entry, for all recipients on that server. */
export interface EntryCopy {
  kind: 'entry';
  entry: Entry;
  /** Whether the conversation is broadcast, see `ConversationHead.broadcastSeq`. */
  broadcast: boolean;
  /** Whether the server gets the copy because it registered interest in the conversation. */
  interested: boolean;
  /**
   * The recipients that the registry listed on this server; in addition to the interested sockets while a conversation
   * is routed both ways.
   */
  recipientIds: UserId[];
  /** The hop that it comes from, if its command is traced. */
  trace?: TraceParent;
}

/** One server's copy of an amendment, for all members on that server. */
export interface AmendmentCopy {
  kind: 'amended';
  /** The message after the amendment, or, if the copy is repeated, its present state. */
  message: MessageEntry;
  /** The conversation's revision at which the message came into this state. */
  revision: number;
  actorId: UserId;
  /** For the actor's own devices: the message has reactions as counts. */
  reaction?: { emoji: string; set: boolean };
  /** Whether the conversation is broadcast. */
  broadcast: boolean;
  /** The members that the registry listed on this server, as in {@link EntryCopy}. */
  recipientIds: UserId[];
  /** Whether every member may see all messages. */
  visibleToAll: boolean;
  /** Of the conversation, after the amendment. */
  headSeq: number;
  membershipSeq: number;
}

/** One item of a server's mailbox. Servers ignore kinds that they do not know. */
export type Delivery =
  | EntryCopy
  | AmendmentCopy
  | { kind: 'outcome'; requestId: string; outcome: Outcome }
  /** A frame that is part of no log: typing, read positions. Its loss does no harm. */
  | { kind: 'frame'; recipientIds: UserId[]; frame: ServerFrame }
  /**
   * A hint that a user whom this server watches came online or went offline. It may be lost, or overtaken by an earlier
   * one: the server reads the registry.
   */
  | { kind: 'presence'; userId: UserId; online: boolean }
  /** A user whom this server watches, or who is connected to it, has a new display name. Its loss does no harm. */
  | { kind: 'renamed'; userId: UserId; displayName: string }
  /**
   * The registry, or one part of it, has not listed this server for a while. The server may be cut off from it without
   * having noticed.
   */
  | { kind: 'unlisted'; part?: string }
  /** Close the sockets of these sessions; of all the user's sessions when `sessionIds` is null. */
  | { kind: 'revoked'; userId: UserId; sessionIds: SessionId[] | null };

/** One mailbox for each running server. */
export interface Mailboxes {
  /** The queues of this process, for metrics. */
  readonly waiting: WaitingDeliveries;
  /**
   * Opens the mailbox of `serverId`, which must be new. `receive` gets each delivery at least once, in the order in
   * which its sender delivered it, one call at a time; it must not throw.
   */
  open(serverId: string, receive: (deliveries: readonly Delivery[]) => void | Promise<void>): Promise<Mailbox>;
  /**
   * Resolves when the mailbox has the deliveries. Those to a missing mailbox (its server died) are dropped without an
   * error. Rejects with {@link Unavailable} when they may not have arrived.
   */
  deliver(serverId: string, deliveries: readonly Delivery[]): Promise<void>;
  /** The servers that have a mailbox, including dead ones. */
  serverIds(): Promise<string[]>;
  /** Removes the mailbox of a dead server with its content. */
  remove(serverId: string): Promise<void>;
}

/** Deliveries that wait to be put into mailboxes, and deliveries from mailboxes that wait to be received. */
export interface WaitingDeliveries {
  outgoing: number;
  incoming: number;
}

export interface Mailbox {
  /**
   * Whether the mailbox was removed by {@link Mailboxes.remove}, for example because the registry did not list this
   * server for a while. It may take some seconds until this is known. Nothing is received then.
   */
  readonly isRemoved: boolean;
  /** Removes the mailbox; nothing is received after this resolves. */
  close(): Promise<void>;
}
