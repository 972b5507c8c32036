import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '@parley/protocol';
import { databaseFile } from '../../src/adapters/sqlite/database.ts';
import { verify, verifyOpened } from '../../src/adapters/sqlite/verify.ts';
import { ConversationsUnderTest } from '../contract/conversations-under-test.ts';
import { sqliteStores } from '../contract/sqlite-stores.ts';
import { createUser } from '../contract/users-under-test.ts';
import { type Column, type Found, keysOf, plantsFor, type Unseen, unseenIn } from './plants.ts';
import { fillSample } from './sample.ts';

const chosen = 'somebody chose it, and nothing else is stored of it';
const clock = 'a clock gave it, which may have been wrong';
const random = 'it is random, and nothing else names it';

const unseen: Unseen = {
  never: {
    'entries.command_id': 'its client chose it; the unique index keeps two commands apart',
    'users.password_hash': chosen,
    'users.administrator': 'nothing else says who administers',
    'users.created_at_ms': clock,
    'sessions.token_hash': random,
    'sessions.id': random,
    'sessions.device': chosen,
    'sessions.created_at_ms': clock,
    'sessions.last_used_at_ms': clock,
    'sessions: a missing row': 'sessions are ended',
    'device_secrets.secret_hash': random,
    'device_secrets.used_at_ms': clock,
    'device_secrets: a missing row': 'devices are forgotten',
    'invitations.token_hash': random,
    'invitations.expires_at_ms': chosen,
    'invitations: a missing row': 'nothing names one',
    'invitations: another row': 'nothing names one',
    'read_positions: a missing row': 'who never read has none',
    'epoch.is_copy': 'a copy that nobody opened yet is one',
    'activity_times: a missing row': 'the time is settled within a minute',
    'feed.at_ms': clock,
    'follower_progress.epoch': 'one of another history is built again',
    'follower_progress.log_id': 'one of another log is built again',
    'follower_progress.follower': 'a follower without a row is built',
    'follower_progress: a missing row': 'a follower without a row is built',
    'follower_progress: another row': 'nothing names one',
  },
  partly: {
    'conversations.announce_only': 'what it began with is in no entry; what it was changed to is',
    'conversations.description': 'what it began with is in no entry; what it was changed to is',
    'entries.at_ms': 'a time between those of its neighbours is as good as another',
    'entries.text': 'people chose it; that there is one follows from the kind',
    'memberships.broadcast': 'nobody reads it of those who left',
    'read_positions.seq': 'two entries have one message count when the second is no message',
    'read_positions.revision': 'it grows by any step; two of a person are never the same, none is below 0',
    'users.display_name': 'a disabled user is found by no name',
    'user_terms: a missing row': 'without the mark of the folding they are those of a previous version, and refreshed',
    'channel_terms: a missing row':
      'without the mark of the folding they are those of a previous version, and refreshed',
    'invitations.uses_left': 'how many uses there were is stored nowhere; fewer than none there never are',
    'invitations.created_by': 'the operator, who is nobody, makes some',
    'device_secrets: another row': 'a user has any number of devices',
    'activity_times.at_ms': 'it is some time before that of the entry',
    'feed: a missing row': 'the oldest are deleted',
    'follower_progress.applied_to': 'a follower may be behind',
    'follower_progress.set_aside': 'what was set aside is stored nowhere else; less than nothing never is',
  },
};

const flags = new Set(['announce_only', 'broadcast', 'closed', 'administrator', 'disabled', 'is_copy']);

describe('verify finds what is planted in an embedded database', () => {
  let folder: string;
  let sound: string;
  let copy: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parley-verify-'));
    const stores = sqliteStores(folder);
    await fillSample(stores);
    await stores.totals.rebuild();
    await stores.close();
    sound = join(folder, databaseFile);
    copy = join(folder, 'copy.db');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What is found after the statement, which is taken back then; the database itself may refuse it. */
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
          type: flags.has(name) ? 'flag' : name === 'notice' ? 'json' : type === 'INTEGER' ? 'number' : 'text',
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

  test('and nothing in a sound one', () => {
    expect(verify(sound)).toMatchObject({ faultCount: 0, faults: [] });
  });

  test('in every column of every table, and in every missing or added row, but for those listed with a reason', () => {
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
      // Also of a table that the sample has no row of.
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
  }, 120_000);

  const named: [string, string, string | RegExp][] = [
    ['a database without an index', 'DROP INDEX members', 'the database has no index members'],
    ['a database without the index against doubled commands', 'DROP INDEX entry_commands', 'no index entry_commands'],
    [
      'an index that is no longer unique',
      'DROP INDEX entry_commands; CREATE INDEX entry_commands ON entries (conversation_id, sender_id, command_id)',
      'another index entry_commands',
    ],
    [
      'a command that became two entries',
      `DROP INDEX entry_commands;
       UPDATE entries SET command_id = 'same', sender_id = (SELECT min(id) FROM users) WHERE kind = 'message'`,
      /contract 2: conversation \S+ has \d entries of \S+ for the one command same/,
    ],
    ['a missing table', 'DROP TABLE sessions', 'the database has no table sessions'],
    ['a missing column', 'ALTER TABLE users DROP COLUMN disabled', 'the database has another table users'],
    ['no epoch', 'DELETE FROM epoch', 'the database has 0 epochs'],
    ['an empty epoch', `UPDATE epoch SET epoch = ''`, 'epochs, or one of another form'],
    [
      'a participant without an account',
      `DELETE FROM users WHERE username = 'Ben'`,
      /participants has a row whose user_id is \S+, which is not in users: restore/,
    ],
    [
      'a head with a wrong number of its last message',
      'UPDATE conversations SET last_message_seq = 1 WHERE message_count = 3',
      /conversation \S+: contract 3: its row has lastMessageSeq 1, but its entries make it 8: restore/,
    ],
    [
      'an index by user that differs in what somebody may see',
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
         WHERE seq = 1 AND conversation_id IN (SELECT id FROM conversations WHERE kind = 'direct')`,
      'does not have two users',
    ],
    ['an entry that is missing in the middle', 'DELETE FROM entries WHERE seq = 3', 'contract 3: lacks entry 3'],
    ['an entry without content', `UPDATE entries SET notice = 'x' WHERE notice NOTNULL`, `whose content can't be read`],
    ['a membership that a message left', `UPDATE entries SET sender_id = 'x' WHERE seq = 2`, 'who was no member'],
    [
      'a time that goes back by less than a wrong clock would',
      'UPDATE entries SET at_ms = at_ms - 1000 WHERE seq = 3',
      /entry 3 is of \d+, older than the one before/,
    ],
  ];
  for (const [name, statements, fault] of named) {
    test(`and names ${name}`, () => {
      copyFileSync(sound, copy);
      const database = new Database(copy, { strict: true });
      database.run(statements);
      database.close();
      expect(verify(copy).faults.join('\n')).toMatch(fault);
    });
  }

  test('and names a damaged page', () => {
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
    expect(result.join('\n')).toMatch(/damaged|malformed|can not be read/);
  });
});

describe('verify of a conversation that became broadcast', () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parley-verify-'));
    file = join(folder, databaseFile);
    const stores = sqliteStores(folder);
    const conversations = new ConversationsUnderTest(stores);
    const ids: string[] = [];
    for (let index = 0; index <= limits.directFanOutMembers; index++) {
      ids.push((await createUser(stores.users, `user${index}`)).id);
    }
    const [creator = '', last = '', ...others] = ids;
    const conversation = await conversations.create(creator, { userIds: others });
    await conversations.add(conversation, creator, [last]);
    await conversations.send(conversation, creator, 'Hello');
    await stores.close();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const after = (statement: string) => {
    const copy = join(folder, 'copy.db');
    copyFileSync(file, copy);
    const database = new Database(copy);
    database.run(statement);
    database.close();
    return verify(copy).faults.join('\n');
  };

  test('finds nothing in a sound one, also where the upgrade took a later entry for the first broadcast one', () => {
    expect(verify(file).faults).toEqual([]);
    expect(after('UPDATE conversations SET broadcast_seq = 3')).toBe('');
  });

  test('names a head, and an index by user, that do not say so', () => {
    for (const seq of [0, 1, 4]) {
      expect(after(`UPDATE conversations SET broadcast_seq = ${seq}`)).toContain(`its row has broadcastSeq ${seq}`);
    }
    expect(after('UPDATE memberships SET broadcast = 0')).toContain('that it is not broadcast');
  });
});
