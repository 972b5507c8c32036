import type { Database } from 'bun:sqlite';
import type { ConversationId } from '@parley/protocol';
import type { Participant } from '../../conversations/conversation.ts';

/** A row of the index by user as it is to be. */
export interface IndexedParticipant {
  participant: Participant;
  broadcast: boolean;
}

/** The index by user. Rows are versioned: an older one changes nothing, `broadcast` stays once it is true. */
export class MembershipIndex {
  private readonly statements: ReturnType<typeof prepare>;

  constructor(database: Database) {
    this.statements = prepare(database);
  }

  /** Whether writing the row would change nothing. */
  isCurrent({ participant, broadcast }: IndexedParticipant): boolean {
    const row = this.statements.version.get(participant.userId, participant.conversationId);
    return row !== null && row.changed_seq >= participant.changedSeq && (row.broadcast === 1 || !broadcast);
  }

  put({ participant, broadcast }: IndexedParticipant): void {
    this.statements.put.run(
      participant.userId,
      participant.conversationId,
      Number(broadcast),
      participant.role,
      participant.joinedSeq,
      participant.joinedMessageCount,
      participant.visibleFromSeq,
      participant.leftSeq,
      participant.changedSeq,
      participant.changedAtMs,
    );
  }

  /** Marks the conversation as broadcast for everybody who has a place in it. */
  markBroadcast(conversationId: ConversationId): void {
    this.statements.markBroadcast.run(conversationId, conversationId);
  }
}

function prepare(database: Database) {
  return {
    version: database.query<{ changed_seq: number; broadcast: number }, [string, string]>(
      'SELECT changed_seq, broadcast FROM memberships WHERE user_id = ? AND conversation_id = ?',
    ),
    put: database.query(
      `INSERT INTO memberships VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET
         broadcast = max(broadcast, excluded.broadcast),
         role = iif(excluded.changed_seq >= changed_seq, excluded.role, role),
         joined_seq = iif(excluded.changed_seq >= changed_seq, excluded.joined_seq, joined_seq),
         joined_message_count = iif(excluded.changed_seq >= changed_seq, excluded.joined_message_count, joined_message_count),
         visible_from_seq = iif(excluded.changed_seq >= changed_seq, excluded.visible_from_seq, visible_from_seq),
         left_seq = iif(excluded.changed_seq >= changed_seq, excluded.left_seq, left_seq),
         changed_at_ms = iif(excluded.changed_seq >= changed_seq, excluded.changed_at_ms, changed_at_ms),
         changed_seq = max(changed_seq, excluded.changed_seq)`,
    ),
    markBroadcast: database.query(
      `UPDATE memberships SET broadcast = 1
       WHERE conversation_id = ? AND user_id IN (SELECT user_id FROM participants WHERE conversation_id = ?)`,
    ),
  };
}
