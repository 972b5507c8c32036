import type { Conversation as ConversationData, ConversationId, UserId } from '@parley/protocol';
import { Conversation, type ConversationPorts, type ConversationRecord } from './conversation.ts';
import { ConversationState } from './conversation-state.ts';
import { withRead } from './entry-effects.ts';

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
   */
  put(data: ConversationData, position: number, keepsReadPosition = true): ConversationRecord {
    const known = this.known.get(data.id);
    if (known) {
      // Entries that arrived may be newer than data that was read before them.
      if (data.headSeq >= known.data.headSeq) {
        const now = keepsReadPosition ? withReadPositionOf(known.data, data) : data;
        // A server of an earlier version sends no epoch.
        known.data = { ...now, epoch: now.epoch ?? known.data.epoch };
      } else if (data.membership) {
        // Older data may still have a newer read position, from another device.
        known.data = withRead(known.data, data.membership.readSeq, data.messageCount - data.unreadCount);
      }
      return known;
    }
    const record: ConversationRecord = new ConversationState(
      data,
      position,
      (state) => new Conversation(state, this.ports),
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

/** The new data, with the known read position if that is ahead of the server's. */
function withReadPositionOf(known: ConversationData, now: ConversationData): ConversationData {
  const readSeq = known.membership?.readSeq ?? 0;
  if (!now.membership || readSeq <= now.membership.readSeq) return now;
  const unreadCount = Math.min(now.unreadCount, known.unreadCount + (now.messageCount - known.messageCount));
  return { ...now, unreadCount, membership: { ...now.membership, readSeq } };
}
