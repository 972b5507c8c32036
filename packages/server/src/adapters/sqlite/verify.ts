import type { Database } from 'bun:sqlite';
import type { MessageEntry } from '@parley/protocol';
import { termsFault } from '../../platform/search-terms.ts';
import { amendmentFaults, type StoredAmendments } from '../../verification/amendment-faults.ts';
import { Replay } from '../../verification/replay.ts';
import { type UserRow, usersTable } from '../rows/account-tables.ts';
import {
  type BanRow,
  bansTable,
  conversationsTable,
  type HeadRow,
  type ParticipantRow,
  participantsTable,
} from '../rows/conversation-tables.ts';
import { type CheckedEntryRow, checkedEntryOf } from '../rows/entry-rows.ts';
import { settingFault } from '../rows/settings-table.ts';
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
    for (const fault of settingFaults(database)) note(fault);
    for (const { query, remedy } of [...relations, ...followerRelations]) {
      for (const { fault } of database.query<{ fault: string }, []>(query).iterate()) note(`${fault}: ${remedy}`);
    }
  })();
  return result;
}

/** Checks contract 3 and 8: heads, participants and bans follow from the entries; and what amendments left. */
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
  const bans = database.query<BanRow, [string]>(`SELECT ${bansTable.list()} FROM bans WHERE conversation_id = ?`);
  const terms = database.query<{ term: string }, [string]>('SELECT term FROM channel_terms WHERE conversation_id = ?');
  const amendments = preparedAmendments(database);
  for (const row of heads.iterate()) {
    const head = conversationsTable.fromRow(row);
    const replay = new Replay(head);
    const amended: MessageEntry[] = [];
    for (const { command_id: commandId, ...entry } of entries.iterate(row.number)) {
      const read = checkedEntryOf({ conversation_id: row.id, ...entry });
      replay.add(entry.seq, read);
      if (read?.kind === 'message' && read.revision !== undefined) amended.push(read);
      checked.entries++;
      const command = { conversation: row.number, senderId: entry.sender_id, commandId };
      if (keys.find(command, (seq) => seq === entry.seq) === undefined) {
        yield `contract 2: conversation ${row.id} does not have entry ${entry.seq} as the one of command ${commandId} of ${entry.sender_id}: restore a backup with "parley restore"`;
      }
    }
    checked.conversations++;
    const { reactions, pins, records, strangers } = amendments;
    const stored = {
      ...{ head, messages: amended, reactions: reactions.all(row.id), pins: pins.all(row.id) },
      ...{ records: records.all(row.id), strangers: strangers.all(row.id) },
    };
    const replayed = replay.end(
      participants.all(row.id).map(participantsTable.fromRow),
      bans.all(row.id).map(bansTable.fromRow),
    );
    for (const fault of [...replayed, ...amendmentFaults(stored)]) {
      yield `conversation ${row.id}: ${fault}: restore a backup with "parley restore"`;
    }
    const isFound = row.kind === 'channel' && !row.closed;
    const fault = termsFaultOf(terms.all(row.id), isFound ? [row.name ?? ''] : null);
    if (fault !== null) yield `conversation ${row.id} ${fault}: rename it to another name and back`;
  }
}

/** Checks the settings of administrators. */
function* settingFaults(database: Database): Generator<string> {
  const rows = database.query<{ name: string; value: string }, []>('SELECT name, value FROM server_settings').all();
  for (const row of rows) {
    const fault = settingFault(row);
    if (fault !== null) yield `${fault}: set it again, or delete the row`;
  }
}

function preparedAmendments(database: Database) {
  return {
    reactions: database.query<StoredAmendments['reactions'][number], [string]>(
      'SELECT seq, emoji, count(*) AS count FROM reactions WHERE conversation_id = ? GROUP BY seq, emoji',
    ),
    pins: database.query<{ seq: number }, [string]>('SELECT seq FROM pins WHERE conversation_id = ?'),
    records: database.query<StoredAmendments['records'][number], [string]>(
      'SELECT seq, revision, kind FROM amendments WHERE conversation_id = ?',
    ),
    strangers: database.query<StoredAmendments['strangers'][number], [string]>(
      `SELECT user_id AS userId FROM (
         SELECT conversation_id, user_id FROM reactions WHERE conversation_id = ?1
         UNION SELECT conversation_id, sender_id FROM amendments WHERE conversation_id = ?1
       ) EXCEPT SELECT user_id FROM participants WHERE conversation_id = ?1`,
    ),
  };
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
