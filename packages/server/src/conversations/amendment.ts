import { createHash } from 'node:crypto';
import type { ConversationId, Entry, MessageChange, MessageEntry, UserId } from '@parley/protocol';
import type { ConversationHead } from './conversation.ts';

/** An entry, and what is stored beside an edited message. */
export interface StoredMessage<Each extends Entry = Entry> {
  entry: Each;
  /** See {@link firstTextHash}; null for a message that was never edited, and for a deleted one. */
  firstTextHash: string | null;
}

export function isStoredMessage(stored: StoredMessage | undefined): stored is StoredMessage<MessageEntry> {
  return stored?.entry.kind === 'message';
}

/** An amendment that was decided. Its command id is unique among the amendments of the user in the conversation. */
export interface AmendmentRecord {
  conversationId: ConversationId;
  senderId: UserId;
  commandId: string;
  /** The message that it changed, and the conversation's revision after it. */
  seq: number;
  revision: number;
  kind: MessageChange['kind'];
}

/** A user's reaction to a message. */
export interface UserReaction {
  conversationId: ConversationId;
  seq: number;
  emoji: string;
  userId: UserId;
}

/** What amendments and replies are decided by. */
export interface AmendmentSituation {
  /** An entry that the command names; undefined if the conversation has none with this number. */
  message(conversationId: ConversationId, seq: number): StoredMessage | undefined;
  hasReacted(reaction: UserReaction): boolean;
  /** The number of pinned messages of the conversation. */
  pinCount(conversationId: ConversationId): number;
  /** The amendment that the same command made earlier. */
  madeBy(command: Pick<AmendmentRecord, 'conversationId' | 'senderId' | 'commandId'>): AmendmentRecord | undefined;
}

/** One amendment with the rows that it changes. */
export interface AmendmentStep {
  head: ConversationHead;
  change: MessageChange;
  /** The message after it. */
  message: StoredMessage<MessageEntry>;
}

/**
 * Identifies the first text of a message after it was edited, so that a repeated send is answered as it was the first
 * time (contract 2). Equal texts of two messages have different hashes.
 */
export function firstTextHash({ senderId, clientMessageId, text }: MessageEntry): string {
  return createHash('sha256').update(`${senderId}/${clientMessageId}/${text}`).digest('base64url');
}
