import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseFile } from '../../src/adapters/sqlite/database.ts';
import { verify, verifyOpened } from '../../src/adapters/sqlite/verify.ts';
import { sqliteStores } from '../contract/sqlite-stores.ts';
import { type Column, type Found, keysOf, plantsFor, type Unseen, unseenIn } from './plants.ts';
import { fillAmendments, fillBans, fillMarks, fillSample } from './sample.ts';

const chosen = 'a user chose it, and it is stored nowhere else';
const clock = 'it comes from a clock, which may have been wrong';
const random = 'it is random, and nothing refers to it';

const unseen: Unseen = {
  never: {
    'users.password_hash': chosen,
    'users.administrator': 'it is stored nowhere else',
    'users.created_at_ms': clock,
    'sessions.token_hash': random,
    'sessions.id': random,
    'sessions.device': chosen,
    'sessions.created_at_ms': clock,
    'sessions.last_used_at_ms': clock,
    'sessions: a missing row': 'sessions are deleted',
    'device_secrets.secret_hash': random,
    'device_secrets.used_at_ms': clock,
    'device_secrets: a missing row': 'devices are deleted',
    'invitations.token_hash': random,
    'invitations.expires_at_ms': chosen,
    'invitations: a missing row': 'nothing refers to it',
    'invitations: another row': 'nothing refers to it',
    'read_positions: a missing row': 'a user who never read has none',
    'epoch.is_copy': 'it is set in a copy that was not opened yet',
    'activity_times: a missing row': 'the time is settled within a minute',
    'feed.at_ms': clock,
    'follower_progress.epoch': 'a follower of another history is rebuilt',
    'follower_progress.log_id': 'a follower of another log is rebuilt',
    'follower_progress.follower': 'a follower without a row is built',
    'follower_progress: a missing row': 'a follower without a row is built',
    'follower_progress: another row': 'nothing refers to it',
    'server_settings: a missing row': 'the default is in force',
    'amendments.command_id': 'the client chose it; it is the key of the row',
  },
  partly: {
    'conversations.announce_only': 'entries have changes of it, but not the initial value',
    'conversations.description': 'entries have changes of it, but not the initial value',
    'conversations.amended_at_ms': clock,
    'entries.revision': 'one that a later amendment of the same message has replaced is free',
    'entries.reply_to': 'a reply to any earlier message is possible',
    'amendments.seq': 'another message may have been amended later, too',
    'amendments.revision': 'reactions leave no command, so some revisions belong to none',
    'amendments: a missing row': 'a pin may have been removed by a later command',
    'entries.at_ms': 'any time between those of its neighbours is plausible',
    'entries.text': 'users chose it; whether there is one follows from the kind',
    'memberships.broadcast': 'it is not read for members who left',
    'read_positions.seq': 'two entries have the same message count when the second is not a message',
    'read_positions.revision': 'it grows by any step; it is unique for each user and never below 0',
    'read_positions.version': 'the number of marks as unread is stored nowhere else; it is never below 0',
    'read_positions.receipt_seq': 'any number up to the newest entry is possible after a mark as unread',
    'users.display_name': 'a disabled user has no terms',
    'user_terms: a missing row': 'terms without the mark of the folding are of a previous version and are refreshed',
    'channel_terms: a missing row': 'terms without the mark of the folding are of a previous version and are refreshed',
    'invitations.uses_left': 'the number of uses is stored nowhere else; it is never below 0',
    'invitations.created_by': 'null for those of the operator, who has no account',
    'device_secrets: another row': 'a user has any number of devices',
    'activity_times.at_ms': 'any time before that of the entry is valid',
    'feature_level.level': 'a lower level is raised when the database is opened',
    'feed: a missing row': 'the oldest are deleted',
    'follower_progress.applied_to': 'a follower may be behind',
    'follower_progress.set_aside':
      'the number of records that were set aside is stored nowhere else; it is never below 0',
  },
};

const flags = new Set(['announce_only', 'broadcast', 'closed', 'administrator', 'disabled', 'is_copy']);

describe('verification of an embedded database', () => {
  let folder: string;
  let sound: string;
  let copy: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parley-verify-'));
    const stores = sqliteStores(folder);
    await fillSample(stores);
    await fillAmendments(stores);
    await fillBans(stores);
    await fillMarks(stores);
    await stores.totals.rebuild();
    await stores.close();
    sound = join(folder, databaseFile);
    copy = join(folder, 'copy.db');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The faults found after the statement, which is undone afterwards; the database itself may refuse it. */
  function faultsAfter(database: Database, statement: string): string[] | 'refused' | 'unchanged' {
    database.run('BEGIN');
    try {
      return database.run(statement).changes === 0 ? 'unchanged' : verifyOpened(database).faults;
    } catch (error) {
      if (error instanceof Error && /constraint|cannot store/.test(error.message)) return 'refused';
      throw error;
    } finally {
      database.run('ROLLBACK');
    }
  }

  function tables(database: Database): { name: string; rows: string[]; columns: Column[]; key: Column[] }[] {
    const names = database
      .query<{ name: string }, []>(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
      .all();
    return names.map(({ name: table }) => {
      const infos = database
        .query<{ name: string; type: string; notnull: number; pk: number }, []>(`PRAGMA table_info(${table})`)
        .all();
      const key = infos.filter(({ pk }) => pk > 0).map(({ name }) => name);
      const columns = infos.map(
        ({ name, type, notnull }): Column => ({
          ...{ table, name, nullable: notnull === 0 && !key.includes(name) },
          type: flags.has(name)
            ? 'flag'
            : name === 'notice' || name === 'amended'
              ? 'json'
              : type.startsWith('INT')
                ? 'number'
                : 'text',
        }),
      );
      const matches = key.map((name) => `'${name} = ' || quote(${name})`).join(` || ' AND ' || `);
      return {
        name: table,
        rows: database
          .query<{ row: string }, []>(`SELECT ${matches} AS row FROM ${table}`)
          .all()
          .map(({ row }) => row),
        columns,
        key: columns.filter(({ name }) => key.includes(name)),
      };
    });
  }

  test('finds no fault in a sound database', () => {
    expect(verify(sound)).toMatchObject({ faultCount: 0, faults: [] });
  });

  test('finds a fault in every column, missing row and extra row of every table, except those listed with a reason', () => {
    const results = new Map<string, Found>();
    copyFileSync(sound, copy);
    const database = new Database(copy, { strict: true });
    const plant = (key: string, statement: string) => {
      const faults = faultsAfter(database, statement);
      const { found, planted } = results.get(key) ?? { found: 0, planted: 0 };
      if (faults === 'unchanged') results.set(key, { found, planted });
      else results.set(key, { found: found + Number(faults.length > 0), planted: planted + 1 });
    };
    for (const { name: table, rows, columns, key } of tables(database)) {
      // Also for a table without a row in the sample.
      for (const { name } of columns) results.set(`${table}.${name}`, { found: 0, planted: 0 });
      for (const row of rows) {
        for (const column of columns) {
          for (const value of plantsFor(column)) {
            const change = `${column.name} = ${value} WHERE ${row} AND ${column.name} IS NOT (${value})`;
            plant(`${table}.${column.name}`, `UPDATE ${table} SET ${change}`);
          }
        }
        plant(`${table}: a missing row`, `DELETE FROM ${table} WHERE ${row}`);
        for (const { name, type } of key) {
          const value = type === 'number' ? `${name} + 1000` : `${name} || 'x'`;
          const values = columns.map((column) => (column.name === name ? value : column.name)).join(', ');
          plant(`${table}: another row`, `INSERT INTO ${table} SELECT ${values} FROM ${table} WHERE ${row}`);
        }
      }
    }
    database.close();
    expect(unseenIn(results)).toEqual(keysOf(unseen));
  });

  const named: [string, string, string | RegExp][] = [
    ['a database without an index', 'DROP INDEX members', 'the database has no index members'],
    [
      'a key of a command that no longer is unique',
      `ALTER TABLE command_keys RENAME TO former;
       CREATE TABLE command_keys (conversation INTEGER NOT NULL, key INTEGER NOT NULL, seq INTEGER NOT NULL) STRICT;
       INSERT INTO command_keys SELECT * FROM former; DROP TABLE former`,
      'the table command_keys of the database differs',
    ],
    [
      'a command that became two entries',
      `UPDATE entries SET command = 'same', sender = (SELECT min(number) FROM user_numbers) WHERE kind = 0`,
      /contract 2: conversation \S+ does not have entry \d as the one of command same of \S+: restore/,
    ],
    ['a missing table', 'DROP TABLE sessions', 'the database has no table sessions'],
    [
      'a missing column',
      'ALTER TABLE users DROP COLUMN disabled',
      'the table users of the database differs from the schema',
    ],
    ['no epoch', 'DELETE FROM epoch', 'the database has 0 epochs'],
    ['an empty epoch', `UPDATE epoch SET epoch = ''`, 'epochs, or one that is not hexadecimal digits'],
    [
      'a participant without an account',
      `DELETE FROM users WHERE username = 'Ben'`,
      /participants has a row whose user_id is \S+, which is not in users: restore/,
    ],
    [
      'a head with a wrong number of the last message',
      'UPDATE conversations SET last_message_seq = 1 WHERE message_count = 3',
      /conversation \S+: contract 3: its row has lastMessageSeq 1, but its entries make it 8: restore/,
    ],
    [
      'an index by user with a wrong visible range',
      'UPDATE memberships SET visible_from_seq = 2 WHERE visible_from_seq = 4',
      /contract 6: the index by user has visible_from_seq 2 for \S+ in conversation \S+, the conversation has 4: restore/,
    ],
    [
      'a direct conversation that only owners and admins may write to',
      `UPDATE conversations SET announce_only = 1 WHERE kind = 'direct'`,
      /contract 3: its row has announceOnly true, but its entries make it false/,
    ],
    [
      'a direct conversation with a description',
      `UPDATE conversations SET description = 'x' WHERE kind = 'direct'`,
      /contract 3: its row has description "?x/,
    ],
    [
      'a direct conversation with three users',
      `UPDATE entries SET notice = json_insert(notice, '$.userIds[#]', 'x')
         WHERE seq = 1 AND conversation IN (SELECT number FROM conversations WHERE kind = 'direct')`,
      'does not have two users',
    ],
    [
      'a deleted message that still has its text',
      `UPDATE entries SET text = 'gone' WHERE amended LIKE '%"deleted"%'`,
      `whose content can't be read`,
    ],
    [
      'a deleted message that still has a hash of its text',
      `UPDATE entries SET amended = json_set(amended, '$.firstTextHash', 'x') WHERE amended LIKE '%"deleted"%'`,
      `whose content can't be read`,
    ],
    [
      'reactions to a deleted message',
      `INSERT INTO reactions SELECT conversation_id, 3, emoji, user_id FROM reactions`,
      /message 3 counts 0 reactions \S+, but \d users have set it/,
    ],
    [
      'a deleted message in the list of pins',
      'UPDATE pins SET seq = 3',
      'message 3 is in the list of pins, but is not marked as pinned',
    ],
    [
      'an amendment of an unknown kind, even if every object has a member of this name',
      `UPDATE amendments SET kind = '__proto__'`,
      /of kind __proto__, of message \d+ has an unknown kind/,
    ],
    [
      'a revision that no message has',
      'UPDATE conversations SET revision = revision + 1 WHERE revision > 0',
      'contract 3: its row has revision 10, but its messages make it 9',
    ],
    ['an entry that is missing in the middle', 'DELETE FROM entries WHERE seq = 3', 'contract 3: lacks entry 3'],
    ['an entry without content', `UPDATE entries SET notice = 'x' WHERE notice NOTNULL`, `whose content can't be read`],
    [
      'an entry of a user who was not a member',
      `INSERT INTO user_numbers VALUES (99, 'x'); UPDATE entries SET sender = 99 WHERE seq = 2`,
      'who was not a member',
    ],
    [
      'a time that goes back by less than a wrong clock would',
      'UPDATE entries SET at_ms = at_ms - 1000 WHERE seq = 3',
      /entry 3 has the time \d+, before that of the previous entry/,
    ],
  ];
  for (const [name, statements, fault] of named) {
    test(`reports ${name}`, () => {
      copyFileSync(sound, copy);
      const database = new Database(copy, { strict: true });
      database.run(statements);
      database.close();
      expect(verify(copy).faults.join('\n')).toMatch(fault);
    });
  }

  test('reports a damaged page', () => {
    const bytes = readFileSync(sound);
    const at = bytes.lastIndexOf('from tomorrow');
    writeFileSync(copy, bytes.fill(0, at - 200, at + 200));
    const result = (() => {
      try {
        return verify(copy).faults;
      } catch (error) {
        return [String(error)];
      }
    })();
    expect(result.join('\n')).toMatch(/damaged|malformed|cannot be read/);
  });
});
