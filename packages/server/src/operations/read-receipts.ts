import { type ClientFrameOf, type ConversationId, limits, type ServerFrame, type UserId } from '@parley/protocol';
import type { Signals } from '../connections/signals.ts';
import { type ConversationHead, showsReceipts } from '../conversations/conversation.ts';
import type { ConversationStore, ReadPosition, ReadTarget } from '../conversations/conversations-port.ts';
import { type Membership, membershipOf } from '../conversations/membership.ts';
import { ownView } from '../conversations/read-position.ts';
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
  async markRead(
    userId: UserId,
    conversationId: ConversationId,
    { seq, readVersion: version }: Pick<ClientFrameOf<'read'>, 'seq' | 'readVersion'>,
  ): Promise<ReadPosition> {
    const { head, participant } = await membershipOf(this.conversations, userId, conversationId);
    if (seq > head.headSeq) refuseSeq(`must be at most ${head.headSeq}, the newest entry`);
    const to = await this.target(participant, seq);
    const position = await this.conversations.advanceReadPosition(userId, conversationId, { ...to, version });
    if (position.seq === to.seq) await this.tell(userId, head, position);
    return position;
  }

  /**
   * Marks the entry `seq` and those after it as unread, unless the read position has moved from where the user knew it;
   * resolves to the resulting position. Throws {@link Refusal}.
   */
  async markUnread(
    userId: UserId,
    conversationId: ConversationId,
    { seq, readSeq, readVersion }: Pick<ClientFrameOf<'unread'>, 'seq' | 'readSeq' | 'readVersion'>,
  ): Promise<ReadPosition> {
    const { head, participant } = await membershipOf(this.conversations, userId, conversationId);
    const { joinedSeq } = participant;
    if (seq <= joinedSeq || seq > head.headSeq) {
      refuseSeq(`must be from ${joinedSeq + 1}, the first entry after you joined, to ${head.headSeq}, the newest one`);
    }
    const from = { seq: readSeq, version: readVersion };
    const to = await this.target(participant, seq - 1);
    const position = await this.conversations.markUnread(userId, conversationId, from, to);
    if (position.version > readVersion && position.seq === to.seq) await this.tell(userId, head, position);
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

  /** A member must not learn the message count at a number that the member may not read. */
  private async target({ conversationId, visibleFromSeq }: Membership['participant'], to: number): Promise<ReadTarget> {
    const seq = Math.max(to, visibleFromSeq);
    return { seq, messageCount: await this.history.messageCountAt(conversationId, seq) };
  }

  /** Other members are not told what they know, nor that the user marked the conversation as unread. */
  private async tell(userId: UserId, head: ConversationHead, position: ReadPosition): Promise<void> {
    const { seq, messageCount, version, receiptSeq } = position;
    const isReceipt = showsReceipts(head) && seq > receiptSeq;
    const memberIds = isReceipt ? await this.memberIds(head.id) : [userId];
    const frame = { type: 'read', conversationId: head.id, userId } as const;
    if (version === 0) return this.send(memberIds, { ...frame, seq, messageCount });
    await this.send([userId], { ...frame, ...ownView(position) });
    const others = memberIds.filter((memberId) => memberId !== userId);
    if (others.length > 0) await this.send(others, { ...frame, seq, messageCount });
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

function refuseSeq(rule: string): never {
  throw new Refusal('invalid_request', `/seq ${rule}`, { errors: [{ field: '/seq', rule }] });
}
