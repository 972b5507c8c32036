import type { ConversationId, UserId } from '@parley/protocol';
import { isMember } from '../conversations/conversation.ts';
import type { ConversationStore } from '../conversations/conversations-port.ts';

/** Participants whose bounds are remembered. */
const rememberedMax = 100_000;
/** Participants that are read at the same time. */
const parallel = 50;

interface Remembered {
  membershipSeq: number;
  /** The first number that each member may read; infinity for users who are not members. */
  visibleFromSeq: Map<UserId, number>;
}

/**
 * The bounds of members in conversations whose members may not all see the same messages (contract 8). They are valid
 * for one membership entry.
 */
export class MessageVisibility {
  private readonly conversations = new Map<ConversationId, Remembered>();
  private size = 0;

  constructor(private readonly store: Pick<ConversationStore, 'participant'>) {}

  /** Must be called after the commit of `membershipSeq`. */
  async visibleFrom(
    conversationId: ConversationId,
    membershipSeq: number,
    userIds: Iterable<UserId>,
  ): Promise<ReadonlyMap<UserId, number>> {
    const remembered = this.remembered(conversationId, membershipSeq);
    const { visibleFromSeq } = remembered;
    const unknown = [...new Set(userIds)].filter((userId) => !visibleFromSeq.has(userId));
    for (let from = 0; from < unknown.length; from += parallel) {
      const some = unknown.slice(from, from + parallel);
      const read = await Promise.all(some.map((userId) => this.store.participant(conversationId, userId)));
      for (const [index, userId] of some.entries()) {
        const participant = read[index];
        visibleFromSeq.set(userId, isMember(participant) ? participant.visibleFromSeq : Number.POSITIVE_INFINITY);
      }
    }
    if (this.conversations.get(conversationId) === remembered) this.size += unknown.length;
    return visibleFromSeq;
  }

  private remembered(conversationId: ConversationId, membershipSeq: number): Remembered {
    const known = this.conversations.get(conversationId);
    if (known?.membershipSeq === membershipSeq) return known;
    this.forget(conversationId);
    for (const oldest of this.conversations.keys()) {
      if (this.size < rememberedMax) break;
      this.forget(oldest);
    }
    const fresh = { membershipSeq, visibleFromSeq: new Map<UserId, number>() };
    this.conversations.set(conversationId, fresh);
    return fresh;
  }

  private forget(conversationId: ConversationId): void {
    this.size -= this.conversations.get(conversationId)?.visibleFromSeq.size ?? 0;
    this.conversations.delete(conversationId);
  }
}
