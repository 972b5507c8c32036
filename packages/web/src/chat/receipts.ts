import type { ConversationId, UserId } from '@parley/protocol';

/** How far each person has read each conversation, as far as this tab knows. */
export class Receipts {
  private readonly reads = new Map<ConversationId, Map<UserId, number>>();

  take(conversationId: ConversationId, reads: readonly { userId: UserId; seq: number }[]): void {
    const known = this.reads.get(conversationId) ?? new Map<UserId, number>();
    for (const { userId, seq } of reads) known.set(userId, Math.max(seq, known.get(userId) ?? 0));
    this.reads.set(conversationId, known);
  }

  /** The largest read position of everybody except `ownId`; 0 if none is known. */
  furthestBut(conversationId: ConversationId, ownId: UserId | undefined): number {
    let furthest = 0;
    for (const [userId, seq] of this.reads.get(conversationId) ?? []) {
      if (userId !== ownId) furthest = Math.max(furthest, seq);
    }
    return furthest;
  }

  forget(conversationId: ConversationId): void {
    this.reads.delete(conversationId);
  }

  clear(): void {
    this.reads.clear();
  }
}
