import type { Database } from 'bun:sqlite';
import type { ConversationId } from '@parley/protocol';
import type { Participant } from '../../conversations/conversation.ts';
import { membershipsTable, participantsTable } from '../rows/conversation-tables.ts';
import { insertInto } from './statements.ts';

/** A row of the index by user, to be written. */
export interface IndexedParticipant {
  participant: Participant;
  broadcast: boolean;
}

/** The index by user. Rows are versioned: an older one changes nothing, `broadcast` never returns to false. */
export class MembershipIndex {
  private readonly statements: ReturnType<typeof prepare>;

  constructor(database: Database) {
    this.statements = prepare(database);
  }

  /** Whether the stored row is at least as new as this one, so that a write would change nothing. */
  isCurrent({ participant, broadcast }: IndexedParticipant): boolean {
    const row = this.statements.version.get(participant.userId, participant.conversationId);
    return row !== null && row.changed_seq >= participant.changedSeq && (row.broadcast === 1 || !broadcast);
  }

  put({ participant, broadcast }: IndexedParticipant): void {
    this.statements.put.run(...membershipsTable.parameters({ ...participant, broadcast }));
  }

  /** Marks the conversation as broadcast for all its members. */
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
      `${insertInto(membershipsTable)}
       ON CONFLICT DO UPDATE SET
         broadcast = max(broadcast, excluded.broadcast),
         ${participantsTable.changing
           .map((column) => `${column} = iif(excluded.changed_seq >= changed_seq, excluded.${column}, ${column})`)
           .join(', ')}`,
    ),
    markBroadcast: database.query(
      `UPDATE memberships SET broadcast = 1
       WHERE conversation_id = ? AND user_id IN (SELECT user_id FROM participants WHERE conversation_id = ?)`,
    ),
  };
}
