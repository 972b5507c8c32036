import type { ConversationId, Entry, UserId } from '@parley/protocol';
import { covers, type Participant } from '../conversations/conversation.ts';
import type { ReadPosition } from '../conversations/conversations-port.ts';

/** Where a message is, or went, hop by hop. What was not found is null or empty. */
export interface MessageTrace {
  command: { conversationId: ConversationId; senderId: UserId; commandId: string } | null;
  /** The trace, by OpenTelemetry, that the newest attempt was part of. */
  traceId: string | null;
  log: LogHop | null;
  setAside: { atMs: number; reason: string } | null;
  /** What was answered when no entry was made. */
  refusal: { atMs: number; code: string; detail: string } | null;
  decided: DecidedHop | null;
  copies: CopyHop[];
  readers: Reader[];
  /** Members whom the entry is for, beside `readers`. */
  furtherReaders: number;
}

/** The newest record of the command in the log. */
export interface LogHop {
  topic: string;
  partition: number;
  offset: number;
  atMs: number;
  /** Commands before it and distributors that take some, while it waits; null when it was taken. */
  waiting: { before: number; distributors: number } | null;
}

export interface DecidedHop {
  entry: Entry;
  /** Logical shard and PostgreSQL server; null in one process. */
  location: { shard: number; server: string } | null;
}

/** A copy in a server's mailbox. */
export interface CopyHop {
  serverId: string;
  topic: string;
  offset: number;
  atMs: number;
  /** Those whom it is for as persons; a copy of a broadcast conversation names few of its readers. */
  recipients: number;
  /** Whether the server took it out, as of a second ago. */
  taken: boolean;
}

/** Somebody whom the entry is for, and how far they read. */
export interface Reader {
  userId: UserId;
  /** 0 when they read nothing yet. */
  readSeq: number;
}

/** Members of whom read positions are told one by one. */
export const readersMax = 100;

/** The participants of an entry's conversation whom it is for, with how far each read. */
export function readersOf(
  entry: Entry,
  participants: readonly Participant[],
  positions: ReadonlyMap<UserId, Pick<ReadPosition, 'seq'>>,
): Reader[] {
  return participants
    .filter((participant) => covers(participant, entry.seq) && participant.userId !== entry.senderId)
    .map(({ userId }) => ({ userId, readSeq: positions.get(userId)?.seq ?? 0 }));
}
