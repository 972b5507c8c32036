import type { ConversationId, UserId } from '@parley/protocol';
import type { Participant } from '../../conversations/conversation.ts';
import { kept } from './kept.ts';

/** A row of the index by user. */
export interface IndexedParticipant {
  participant: Participant;
  broadcast: boolean;
}

/**
 * The index by user. It knows what was written to it alone, as in a cluster, where it is in another shard than the
 * conversation: what forgets to write it shows.
 */
export class MembershipIndex {
  private readonly rowsByUser = new Map<UserId, Map<ConversationId, IndexedParticipant>>();

  /** An older row changes nothing but `broadcast`, which stays once it is true. */
  put({ participant, broadcast }: IndexedParticipant): void {
    const { userId, conversationId } = participant;
    const rows = this.rowsByUser.get(userId) ?? new Map<ConversationId, IndexedParticipant>();
    const before = rows.get(conversationId);
    const isOlder = before !== undefined && before.participant.changedSeq > participant.changedSeq;
    rows.set(conversationId, {
      participant: isOlder ? before.participant : kept(participant),
      broadcast: broadcast || (before?.broadcast ?? false),
    });
    this.rowsByUser.set(userId, rows);
  }

  get(userId: UserId, conversationId: ConversationId): IndexedParticipant | undefined {
    return this.rowsByUser.get(userId)?.get(conversationId);
  }

  of(userId: UserId): IndexedParticipant[] {
    return [...(this.rowsByUser.get(userId)?.values() ?? [])];
  }
}
