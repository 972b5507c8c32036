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

  /** Of conversations whose newest entry was dated ahead: what lists take for its time, as long as it is the newest. */
  readonly activityTimes = new Map<ConversationId, { headSeq: number; atMs: number }>();

  /** The head as lists have it. */
  listedHead(conversationId: ConversationId): ConversationHead | undefined {
    const head = this.heads.get(conversationId);
    const settled = this.activityTimes.get(conversationId);
    return head && settled?.headSeq === head.headSeq ? { ...head, lastEntryAtMs: settled.atMs } : head;
  }

  participant(conversationId: ConversationId, userId: UserId): Participant | undefined {
    return this.participants.get(conversationId)?.get(userId);
  }

  entry(conversationId: ConversationId, seq: number): Entry | undefined {
    return this.logs.get(conversationId)?.[seq - 1];
  }
}
