import type { Database } from 'bun:sqlite';
import type { ConversationId, Entry, UserId } from '@parley/protocol';
import type { Participant } from '../../conversations/conversation.ts';
import type { ReadPosition } from '../../conversations/conversations-port.ts';
import type { MessageName } from '../../history/message-name.ts';
import { Unusable } from '../../platform/failures.ts';
import { type ParticipantRow, participantsTable } from '../rows/conversation-tables.ts';
import { type EntryRow, entryOf } from '../rows/entry-rows.ts';
import { readDatabase, schemaVersion } from './database.ts';
import { migrations } from './migrations.ts';
import { entriesOfId, isEntry, storedCommand } from './numbered-entries.ts';

/** An entry on disk, and the participants who may get it. */
export interface FoundEntry {
  entry: Entry;
  members: Participant[];
  memberCount: number;
  positions: Map<UserId, Pick<ReadPosition, 'seq' | 'receiptSeq'>>;
}

/**
 * The messages with this name in a database, newest first, each with at most `membersMax` participants of its
 * conversation. Scans the whole database for a client message id without a conversation. Safe while the server runs.
 *
 * @throws {Unusable} when there is no database, or one of another version.
 */
export function searchEntries(file: string, name: MessageName, membersMax: number): FoundEntry[] {
  return readDatabase(file, (database) => {
    if (schemaVersion(database) !== migrations.length) {
      throw new Unusable(`${file} has a schema version other than this program's`);
    }
    return database.transaction(() => rowsNamed(database, name).map((row) => found(database, row, membersMax)))();
  });
}

function rowsNamed(database: Database, name: MessageName): EntryRow[] {
  if (name.kind === 'number') {
    return database
      .query<EntryRow, [string, number]>(`${entriesOfId} WHERE ${isEntry}`)
      .all(name.conversationId, name.seq);
  }
  return database
    .query<EntryRow, [string | Uint8Array, string | null]>(
      `${entriesOfId} WHERE e.command = ?1 AND (?2 IS NULL OR c.id = ?2) ORDER BY e.at_ms DESC`,
    )
    .all(storedCommand(name.clientMessageId), name.conversationId);
}

function found(database: Database, row: EntryRow, membersMax: number): FoundEntry {
  const id: ConversationId = row.conversation_id;
  const members = database
    .query<ParticipantRow, [string, number]>(
      `SELECT ${participantsTable.list()} FROM participants
       WHERE conversation_id = ? AND left_seq IS NULL ORDER BY joined_seq, user_id LIMIT ?`,
    )
    .all(id, membersMax)
    .map(participantsTable.fromRow);
  const count = database
    .query<{ member_count: number }, [string]>('SELECT member_count FROM conversations WHERE id = ?')
    .get(id);
  const position = database.query<{ seq: number; receiptSeq: number }, [string, string]>(
    'SELECT seq, receipt_seq AS receiptSeq FROM read_positions WHERE user_id = ? AND conversation_id = ?',
  );
  const positions: FoundEntry['positions'] = new Map();
  for (const { userId } of members) {
    const at = position.get(userId, id);
    if (at) positions.set(userId, at);
  }
  return { entry: entryOf(row), members, memberCount: count?.member_count ?? 0, positions };
}
