import { type ConversationId, limits, type ServerFrame, type UserId } from '@parley/protocol';
import type { Signals } from '../connections/signals.ts';
import { type ConversationHead, showsReceipts } from '../conversations/conversation.ts';
import type { ConversationStore, ReadPosition } from '../conversations/conversations-port.ts';
import { membershipOf } from '../conversations/membership.ts';
import type { HistoryStore } from '../history/history-port.ts';
import { Refusal } from '../platform/failures.ts';

/**
 * Moves read positions and announces them: to the user's own devices always, to other members where the conversation
 * shows receipts.
 */
export class ReadReceipts {
  constructor(
    private readonly conversations: ConversationStore,
    private readonly history: Pick<HistoryStore, 'messageCountAt'>,
    private readonly signals: Signals,
  ) {}

  /** Moves the position forward, never back; resolves to the resulting position. Throws {@link Refusal}. */
  async markRead(userId: UserId, conversationId: ConversationId, seq: number): Promise<ReadPosition> {
    const { head, participant } = await membershipOf(this.conversations, userId, conversationId);
    if (seq > head.headSeq) {
      const rule = `must be at most ${head.headSeq}, the newest entry`;
      throw new Refusal('invalid_request', `/seq ${rule}`, { errors: [{ field: '/seq', rule }] });
    }
    // A member must not learn the message count at a number that the member may not read.
    const visibleSeq = Math.max(seq, participant.visibleFromSeq);
    const to = { seq: visibleSeq, messageCount: await this.history.messageCountAt(conversationId, visibleSeq) };
    const position = await this.conversations.advanceReadPosition(userId, conversationId, to);
    if (position.seq === to.seq) await this.tell(userId, head, position);
    return position;
  }

  /**
   * Shows other members who have the conversation in view that the user types. Does nothing in channels and large
   * groups. Throws {@link Refusal}.
   */
  async typing(userId: UserId, conversationId: ConversationId): Promise<void> {
    const { head } = await membershipOf(this.conversations, userId, conversationId);
    if (!showsReceipts(head)) return;
    const others = (await this.memberIds(conversationId)).filter((memberId) => memberId !== userId);
    await this.send(others, { type: 'typing', conversationId, userId });
  }

  private async tell(userId: UserId, head: ConversationHead, position: ReadPosition): Promise<void> {
    const userIds = showsReceipts(head) ? await this.memberIds(head.id) : [userId];
    await this.send(userIds, { type: 'read', conversationId: head.id, userId, ...position });
  }

  private send(userIds: UserId[], frame: ServerFrame): Promise<void> {
    return this.signals.send(userIds, (recipientIds) => ({ kind: 'frame', recipientIds, frame }));
  }

  private async memberIds(conversationId: ConversationId): Promise<UserId[]> {
    const members = await this.conversations.members(conversationId, {
      after: null,
      limit: limits.directFanOutMembers,
    });
    return members.map((member) => member.userId);
  }
}
