import { Database, type Statement } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, spyOn, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConversationId, UserId } from '@parley/protocol';
import type { Command } from '../../src/conversations/command.ts';
import { directConversationId } from '../../src/conversations/conversation-ids.ts';
import { ConversationsUnderTest, fields } from './conversations-under-test.ts';
import { sqliteStores } from './sqlite-stores.ts';

const chats = 200;
const batches = 400;
const sendsInBatch = 5;
const text = 'x'.repeat(200);
const prepareStatement = Database.prototype.query;

/** Direct chats in which people send messages of 200 characters, in batches of a fixed size. */
describe('sqlite: a message of 200 characters', () => {
  let folder: string;
  let stores: ReturnType<typeof sqliteStores>;
  let conversations: ConversationsUnderTest;
  let members: { conversationId: ConversationId; actorId: UserId; partnerId: UserId }[];
  let executed = 0;
  let next = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parley-storage-'));
    const prepare = spyOn(Database.prototype, 'query').mockImplementation(
      // The type of the rows is that of the caller.
      countExecutions(() => executed++) as typeof prepareStatement,
    );
    stores = sqliteStores(folder);
    prepare.mockRestore();
    conversations = new ConversationsUnderTest(stores);
    members = Array.from({ length: chats }, () => {
      const [actorId, partnerId] = [crypto.randomUUID(), crypto.randomUUID()];
      return { actorId, partnerId, conversationId: directConversationId(actorId, partnerId) };
    });
    const open = members.map(
      ({ conversationId, actorId, partnerId }): Command => ({
        ...fields(conversationId, actorId),
        kind: 'open_direct',
        partnerId,
      }),
    );
    await conversations.carryOut(...open);
    // So many that the pages of each chat are as full as in use.
    await send(20, chats);
  });
  afterAll(async () => {
    await stores.close();
    rmSync(folder, { recursive: true });
  });

  async function send(count: number, size: number): Promise<void> {
    for (let batch = 0; batch < count; batch++) {
      const commands = Array.from({ length: size }, (): Command => {
        // Each chat in turn, in an order that spreads a batch over the database.
        const { conversationId, actorId } = members[(next++ * 37) % chats] ?? { conversationId: '', actorId: '' };
        return { kind: 'send', conversationId, actorId, commandId: crypto.randomUUID(), text };
      });
      conversations.nowMs += 3;
      await conversations.carryOut(...commands);
    }
  }
  const one = <Row>(query: string) => stores.writes.database.query<Row, []>(query).get() as Row;
  const pageBytes = () => one<{ page_size: number }>('PRAGMA page_size').page_size;

  test('writes at most 10,000 bytes to disk, log and checkpoint included', async () => {
    one('PRAGMA wal_checkpoint(TRUNCATE)');
    await send(batches, sendsInBatch);
    const { log: frames } = one<{ log: number }>('PRAGMA wal_checkpoint(NOOP)');
    const frameHeader = 24;
    // Each page of the log that is the last of its kind is copied; at most all of them.
    const distinct = Math.min(frames, one<{ page_count: number }>('PRAGMA page_count').page_count);
    const bytes = frames * (pageBytes() + frameHeader) + distinct * pageBytes();
    expect(bytes / (batches * sendsInBatch)).toBeLessThan(10_000);
    // The pages of the conversation, of the entry's number, of its command, and parts of those of the whole batch.
    expect(frames / (batches * sendsInBatch)).toBeLessThan(5.5);
  });

  test('needs at most 340 bytes on disk', async () => {
    one('PRAGMA wal_checkpoint(TRUNCATE)');
    const { bytes } = one<{ bytes: number }>(
      `SELECT sum(pgsize) AS bytes FROM dbstat WHERE name IN ('entries', 'sqlite_autoindex_entries_1', 'command_keys')`,
    );
    const { entries } = one<{ entries: number }>('SELECT count(*) AS entries FROM entries');
    expect(bytes / entries).toBeLessThan(340);
  });

  test('needs 6 statements, and 6 more for its batch', async () => {
    // The first batch of some also deletes old rows of the feed.
    await send(1, sendsInBatch);
    executed = 0;
    await send(1, sendsInBatch);
    expect(executed).toBeLessThanOrEqual(6 * sendsInBatch + 6);
  });
});

/** Has prepared statements call `executes` with each execution. */
function countExecutions(executes: () => void) {
  const counted = new WeakSet<object>();
  return function (this: Database, sql: string): Statement {
    const statement = prepareStatement.call(this, sql);
    if (counted.has(statement)) return statement;
    counted.add(statement);
    for (const method of ['run', 'get', 'all'] as const) {
      const execute = statement[method].bind(statement) as (...given: unknown[]) => unknown;
      Object.assign(statement, {
        [method]: (...given: unknown[]) => {
          executes();
          return execute(...given);
        },
      });
    }
    return statement;
  };
}
