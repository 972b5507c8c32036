import type { ConversationId, Entry, UserId } from '@parley/protocol';
import type { ConversationHead, Participant } from '../../conversations/conversation.ts';
import type { Decided } from '../../history/history-port.ts';
import { systemIds } from '../../platform/ids.ts';

/** What is kept of conversations: the history store writes it, it and the conversation store read it. */
export class ConversationData {
  readonly epoch = systemIds.uuid();
  readonly heads = new Map<ConversationId, ConversationHead>();
  readonly participants = new Map<ConversationId, Map<UserId, Participant>>();
  /** The entry numbered n is at n - 1. */
  readonly logs = new Map<ConversationId, Entry[]>();
  /** By `repeatKey`: one entry for each, forever (contract 2). */
  readonly entriesByCommand = new Map<string, Entry>();
  readonly decided = new Map<number, Decided>();

  participant(conversationId: ConversationId, userId: UserId): Participant | undefined {
    return this.participants.get(conversationId)?.get(userId);
  }

  entry(conversationId: ConversationId, seq: number): Entry | undefined {
    return this.logs.get(conversationId)?.[seq - 1];
  }
}
