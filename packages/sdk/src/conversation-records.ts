import type { Conversation as ConversationData, ConversationId, UserId } from '@parley/protocol';
import { Conversation, type ConversationPorts, type ConversationRecord } from './conversation.ts';
import { ConversationState, readPointOf } from './conversation-state.ts';

/** The records of all known conversations. */
export class ConversationRecords {
  private readonly known = new Map<ConversationId, ConversationRecord>();
  /** The direct conversations, by the other person. */
  readonly direct = new Map<UserId, ConversationRecord>();

  constructor(private readonly ports: ConversationPorts) {}

  /** Most recent activity first. */
  list(): ConversationRecord[] {
    return [...this.known.values()].sort(
      (a, b) => b.data.lastActivityAtMs - a.data.lastActivityAtMs || (a.id < b.id ? 1 : -1),
    );
  }

  get(conversationId: ConversationId): ConversationRecord | undefined {
    return this.known.get(conversationId);
  }

  /**
   * Adds or updates a conversation. Entries of a new conversation up to `position` count as shown.
   *
   * @param keepsReadPosition whether a read position that is ahead of the server's is kept.
   * @param ownUnread of a stored conversation, see {@link ConversationState.ownUnread}.
   */
  put(
    data: ConversationData,
    position: number,
    keepsReadPosition = true,
    ownUnread?: readonly number[],
  ): ConversationRecord {
    const known = this.known.get(data.id);
    const record = known ?? this.add(data, position, ownUnread);
    // Entries that arrived may be newer than data that was read before them.
    if (known && data.headSeq >= known.data.headSeq) known.receive(data, keepsReadPosition);
    // Older data may still have a newer read position, from another device.
    else if (data.membership) {
      record.read(readPointOf(data), data.messageCount - data.unreadCount, Boolean(known) && !keepsReadPosition);
    }
    const { lastMessage, membership } = record.data;
    if (lastMessage && lastMessage.senderId === this.ports.identity.account?.id) {
      if (membership && lastMessage.seq > membership.readSeq) record.addOwnUnread(lastMessage.seq);
    }
    return record;
  }

  private add(data: ConversationData, position: number, ownUnread?: readonly number[]): ConversationRecord {
    const record: ConversationRecord = new ConversationState(
      data,
      position,
      (state) => new Conversation(state, this.ports),
      ownUnread,
    );
    this.known.set(data.id, record);
    if (data.partner) this.direct.set(data.partner.id, record);
    return record;
  }

  delete(conversationId: ConversationId): ConversationRecord | undefined {
    const record = this.known.get(conversationId);
    this.known.delete(conversationId);
    if (record?.data.partner) this.direct.delete(record.data.partner.id);
    return record;
  }

  clear(): void {
    this.known.clear();
    this.direct.clear();
  }
}
