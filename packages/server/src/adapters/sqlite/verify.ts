import type { Database } from 'bun:sqlite';
import { termsFault } from '../../platform/search-terms.ts';
import { Replay } from '../../verification/replay.ts';
import { type UserRow, usersTable } from '../rows/account-tables.ts';
import {
  conversationsTable,
  type HeadRow,
  type ParticipantRow,
  participantsTable,
} from '../rows/conversation-tables.ts';
import { type CheckedEntryRow, checkedEntryOf } from '../rows/entry-rows.ts';
import { CommandKeys } from './command-keys.ts';
import { readDatabase, schemaVersion } from './database.ts';
import { migrations } from './migrations.ts';
import { checkedEntriesOfNumber } from './numbered-entries.ts';
import { databaseFaults, formFaults } from './verify-database.ts';
import { followerRelations } from './verify-followers.ts';
import { relations } from './verify-relations.ts';

export interface Verification {
  checked: { conversations: number; entries: number };
  /** The number of faults. */
  faultCount: number;
  /** A sentence for each fault, up to {@link sentencesMax}. */
  faults: string[];
}

const sentencesMax = 10_000;

/**
 * Reads everything, and checks the contract, every relation between two tables and the database itself. Safe while the
 * server runs and writes. Rows are read one by one; the participants of one conversation are in memory.
 */
export function verify(file: string): Verification {
  return readDatabase(file, (database) => {
    if (schemaVersion(database) === migrations.length) return verifyOpened(database);
    const fault = `${file} has a schema version other than this program's: start the version that wrote it, or start this one once`;
    return { checked: { conversations: 0, entries: 0 }, faultCount: 1, faults: [fault] };
  });
}

/** As {@link verify}, for a database with the schema of this version. */
export function verifyOpened(database: Database): Verification {
  const result: Verification = { checked: { conversations: 0, entries: 0 }, faultCount: 0, faults: [] };
  const note = (fault: string) => {
    if (result.faultCount++ < sentencesMax) result.faults.push(fault);
  };
  // One transaction, so that all checks see the same moment.
  database.transaction(() => {
    for (const fault of databaseFaults(database)) note(fault);
    const form = formFaults(database);
    for (const fault of form.faults) note(fault);
    // Rows cannot be checked when their tables or columns are missing.
    if (!form.isReadable) return;
    for (const fault of conversationFaults(database, result.checked)) note(fault);
    for (const fault of nameFaults(database)) note(fault);
    for (const { query, remedy } of [...relations, ...followerRelations]) {
      for (const { fault } of database.query<{ fault: string }, []>(query).iterate()) note(`${fault}: ${remedy}`);
    }
  })();
  return result;
}

/** Checks contract 3 and 8: heads and participants follow from the entries. */
function* conversationFaults(database: Database, checked: Verification['checked']): Generator<string> {
  const heads = database.query<HeadRow & { number: number }, []>(
    `SELECT number, ${conversationsTable.list()} FROM conversations ORDER BY id`,
  );
  const entries = database.query<Omit<CheckedEntryRow, 'conversation_id'> & { command_id: string }, [number]>(
    `${checkedEntriesOfNumber} WHERE e.number BETWEEN ?1 << 32 AND (?1 << 32) + 4294967295 ORDER BY e.number`,
  );
  const keys = new CommandKeys(database);
  const participants = database.query<ParticipantRow, [string]>(
    `SELECT ${participantsTable.list()} FROM participants WHERE conversation_id = ?`,
  );
  const terms = database.query<{ term: string }, [string]>('SELECT term FROM channel_terms WHERE conversation_id = ?');
  for (const row of heads.iterate()) {
    const replay = new Replay(conversationsTable.fromRow(row));
    for (const { command_id: commandId, ...entry } of entries.iterate(row.number)) {
      replay.add(entry.seq, checkedEntryOf({ conversation_id: row.id, ...entry }));
      checked.entries++;
      const command = { conversation: row.number, senderId: entry.sender_id, commandId };
      if (keys.find(command, (seq) => seq === entry.seq) === undefined) {
        yield `contract 2: conversation ${row.id} does not have entry ${entry.seq} as the one of command ${commandId} of ${entry.sender_id}: restore a backup with "parley restore"`;
      }
    }
    checked.conversations++;
    for (const fault of replay.end(participants.all(row.id).map(participantsTable.fromRow))) {
      yield `conversation ${row.id}: ${fault}: restore a backup with "parley restore"`;
    }
    const isFound = row.kind === 'channel' && !row.closed;
    const fault = termsFaultOf(terms.all(row.id), isFound ? [row.name ?? ''] : null);
    if (fault !== null) yield `conversation ${row.id} ${fault}: rename it to another name and back`;
  }
}

/** Checks the search terms and the names of users. */
function* nameFaults(database: Database): Generator<string> {
  const terms = database.query<{ term: string }, [string]>('SELECT term FROM user_terms WHERE user_id = ?');
  for (const row of database.query<UserRow, []>(`SELECT ${usersTable.list()} FROM users ORDER BY id`).iterate()) {
    if (row.username_key !== row.username.toLowerCase()) {
      yield `user ${row.id} has the username key ${JSON.stringify(row.username_key)}, but the username ${JSON.stringify(row.username)}: restore a backup with "parley restore"`;
    }
    const fault = termsFaultOf(terms.all(row.id), row.disabled ? null : [row.username, row.display_name]);
    if (fault !== null) yield `user ${row.id} ${fault}: have them change their display name`;
  }
}

/** `names` is null when the subject must have no search terms. */
function termsFaultOf(rows: { term: string }[], names: string[] | null): string | null {
  if (names)
    return termsFault(
      rows.map(({ term }) => term),
      names,
    );
  return rows.length === 0 ? null : 'has search terms, although it is closed, disabled or not public';
}
