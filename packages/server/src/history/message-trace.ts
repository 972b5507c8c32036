import type { ConversationId, Entry, UserId } from '@parley/protocol';
import { covers, type Participant } from '../conversations/conversation.ts';
import type { ReadPosition } from '../conversations/conversations-port.ts';
import { receiptOf } from '../conversations/read-position.ts';

/** The hops of a message. Hops that were not found are null or empty. */
export interface MessageTrace {
  command: { conversationId: ConversationId; senderId: UserId; commandId: string } | null;
  /** The OpenTelemetry trace of the newest attempt. */
  traceId: string | null;
  log: LogHop | null;
  setAside: { atMs: number; reason: string } | null;
  /** The outcome when no entry was made. */
  refusal: { atMs: number; code: string; detail: string } | null;
  decided: DecidedHop | null;
  copies: CopyHop[];
  readers: Reader[];
  /** The number of members who get the entry, beside `readers`. */
  furtherReaders: number;
}

/** The newest record of the command in the log. */
export interface LogHop {
  topic: string;
  partition: number;
  offset: number;
  atMs: number;
  /** The number of commands before it and of distributors, while it waits; null once it was consumed. */
  waiting: { before: number; distributors: number } | null;
}

export interface DecidedHop {
  entry: Entry;
  /** The logical shard and its PostgreSQL server; null when embedded. */
  location: { shard: number; server: string } | null;
}

/** A copy in a server's mailbox. */
export interface CopyHop {
  serverId: string;
  topic: string;
  offset: number;
  atMs: number;
  /** The number of recipients that the copy names; a copy of a broadcast conversation names few of its readers. */
  recipients: number;
  /** Whether the server has read it, as of a second ago. */
  taken: boolean;
}

/** A user who gets the entry, and how far the user has read. */
export interface Reader {
  userId: UserId;
  /** 0 when the user has read nothing. */
  readSeq: number;
}

/** The maximum number of members whose read positions are listed. */
export const readersMax = 100;

/** The participants who get the entry, with their read positions. */
export function readersOf(
  entry: Entry,
  participants: readonly Participant[],
  positions: ReadonlyMap<UserId, Pick<ReadPosition, 'seq' | 'receiptSeq'>>,
): Reader[] {
  return participants
    .filter((participant) => covers(participant, entry.seq) && participant.userId !== entry.senderId)
    .map(({ userId }) => ({ userId, readSeq: receiptOf(positions.get(userId)) }));
}
