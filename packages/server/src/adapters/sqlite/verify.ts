import type { Database } from 'bun:sqlite';
import { aheadMaxMs } from '../../conversations/conversation.ts';
import { readDatabase, schemaVersion } from './database.ts';
import { migrations } from './migrations.ts';

export interface Verification {
  checked: { conversations: number; entries: number };
  /** A sentence for each thing that is wrong. */
  faults: string[];
}

/** Each finds what must not be, one row a fault. */
const rules: { contract: string; query: string }[] = [
  {
    contract: 'contract 3: numbers are 1, 2, 3 … up to the head',
    query: `SELECT c.id AS conversation, 'has ' || count(e.seq) || ' entries from ' || coalesce(min(e.seq), 0) || ' to '
        || coalesce(max(e.seq), 0) || ', but its head is ' || c.head_seq AS fault
      FROM conversations c LEFT JOIN entries e ON e.conversation_id = c.id
      GROUP BY c.id HAVING count(e.seq) <> c.head_seq OR coalesce(max(e.seq), 0) <> c.head_seq OR min(e.seq) <> 1`,
  },
  {
    contract: 'contract 2: a command is one entry',
    query: `SELECT conversation_id AS conversation, 'has ' || count(*) || ' entries for ' || command_id AS fault
      FROM entries NOT INDEXED GROUP BY conversation_id, sender_id, command_id HAVING count(*) > 1`,
  },
  {
    contract: 'contract 3: message counts are the number of messages up to each entry',
    query: `SELECT conversation, 'entry ' || seq || ' counts ' || message_count || ' messages, there are ' || counted AS fault
      FROM (SELECT conversation_id AS conversation, seq, message_count,
        sum(kind = 'message') OVER (PARTITION BY conversation_id ORDER BY seq) AS counted FROM entries)
      WHERE message_count <> counted`,
  },
  {
    contract: 'contract 3: time does not go back, unless it was more than 5 s ahead',
    query: `SELECT conversation, 'entry ' || seq || ' is older than the one before' AS fault
      FROM (SELECT conversation_id AS conversation, seq, at_ms,
        lag(at_ms) OVER (PARTITION BY conversation_id ORDER BY seq) AS before_ms FROM entries)
      WHERE at_ms BETWEEN before_ms - ${aheadMaxMs} AND before_ms - 1`,
  },
  {
    contract: 'contract 3: the head has the time of its newest entry',
    query: `SELECT c.id AS conversation, 'says ' || c.last_entry_at_ms || ', its newest entry is of ' || e.at_ms AS fault
      FROM conversations c JOIN entries e ON e.conversation_id = c.id AND e.seq = c.head_seq
      WHERE c.last_entry_at_ms <> e.at_ms`,
  },
  {
    contract: 'contract 8: member and owner counts are those of the participants',
    query: `SELECT c.id AS conversation, 'counts ' || c.member_count || ' members, ' || c.owner_count || ' owners; there are '
        || count(p.user_id) || ', ' || coalesce(sum(p.role = 'owner'), 0) AS fault
      FROM conversations c LEFT JOIN participants p ON p.conversation_id = c.id AND p.left_seq IS NULL
      GROUP BY c.id HAVING count(p.user_id) <> c.member_count OR coalesce(sum(p.role = 'owner'), 0) <> c.owner_count`,
  },
  {
    contract: 'contract 6: the index by user agrees with the participants',
    query: `SELECT p.conversation_id AS conversation, 'lists ' || p.user_id || ' in another way than the index by user' AS fault
      FROM participants p LEFT JOIN memberships m ON m.user_id = p.user_id AND m.conversation_id = p.conversation_id
      WHERE m.user_id IS NULL OR m.changed_seq <> p.changed_seq OR m.left_seq IS NOT p.left_seq OR m.role <> p.role`,
  },
];

/** Reads everything, and checks the contract and the database itself. Safe while the server runs. */
export function verify(file: string): Verification {
  return readDatabase(file, (database) => {
    if (schemaVersion(database) !== migrations.length) {
      return { checked: { conversations: 0, entries: 0 }, faults: [`${file} has another form than this version's`] };
    }
    // One transaction: what is written meanwhile is not seen by some rules and not by others.
    return database.transaction(() => ({
      checked: counts(database),
      faults: [...integrity(database), ...epochFaults(database), ...broken(database)],
    }))();
  });
}

function counts(database: Database): Verification['checked'] {
  const row = database
    .query<Verification['checked'], []>(
      'SELECT (SELECT count(*) FROM conversations) AS conversations, (SELECT count(*) FROM entries) AS entries',
    )
    .get();
  if (!row) throw new Error('a query of counts gave no row');
  return row;
}

function integrity(database: Database): string[] {
  const rows = database.query<{ integrity_check: string }, []>('PRAGMA integrity_check').all();
  return rows.map((row) => row.integrity_check).filter((message) => message !== 'ok');
}

/** Clients tell a restored history from the one that they read by its epoch. */
function epochFaults(database: Database): string[] {
  const epochs = database.query<{ epoch: string }, []>('SELECT epoch FROM epoch').all();
  return epochs.length === 1 && epochs[0]?.epoch !== ''
    ? []
    : [`the database has ${epochs.length} epochs, or an empty one: restore a backup with "parley restore"`];
}

function broken(database: Database): string[] {
  return rules.flatMap(({ contract, query }) =>
    database
      .query<{ conversation: string; fault: string }, []>(query)
      .all()
      .map(({ conversation, fault }) => `${contract}: conversation ${conversation} ${fault}`),
  );
}
