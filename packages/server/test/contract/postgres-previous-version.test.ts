import { describe, expect, test } from 'bun:test';
import { json } from '../../src/adapters/postgres/pool.ts';
import { postgresStores } from '../../src/adapters/postgres/stores.ts';
import { conversationsTable, participantsTable } from '../../src/adapters/rows/conversation-tables.ts';
import { entriesTable } from '../../src/adapters/rows/entry-rows.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { ConversationsUnderTest, newIds } from './conversations-under-test.ts';
import { emptyDatabase } from './postgres-under-test.ts';

const absent = withoutService('postgres');
describe.skipIf(absent !== null)(titleWith('the previous version on PostgreSQL', absent), () => {
  test('creates, joins and adds by `apply_batch`, beside the columns of a later version', async () => {
    const database = await emptyDatabase();
    const stores = postgresStores(database);
    const [ana = '', ben = ''] = newIds(2);
    // The rows of a conversation as this version writes it.
    const id = await new ConversationsUnderTest(stores).create(ana, { userIds: [ben] });
    const written = async () => ({
      head: await stores.conversations.head(id),
      members: await stores.conversations.members(id, { after: null, limit: 10 }),
    });
    const before = await written();
    await database.at(id, async (sql, shard) => {
      const rowsOf = async (statement: string): Promise<object[]> => [...(await sql.unsafe(statement, [id]))];
      const rows = {
        made: await rowsOf(`SELECT shard, ${conversationsTable.list()} FROM conversations WHERE id = $1`),
        log: await rowsOf(`SELECT shard, ${entriesTable.list()} FROM entries WHERE conversation_id = $1`),
        participants: await rowsOf(
          `SELECT shard, ${participantsTable.list()} FROM participants WHERE conversation_id = $1`,
        ),
      };
      await sql`DELETE FROM conversations WHERE id = ${id}`;
      for (const table of ['entries', 'participants']) {
        await sql`DELETE FROM ${sql(table)} WHERE conversation_id = ${id}`;
      }
      await sql`
        SELECT apply_batch(ARRAY[${shard}]::smallint[], ${json(sql, rows.made)}, NULL,
          ${json(sql, rows.participants)}, ${json(sql, rows.log)}, NULL, NULL)`;
    });
    expect(before.members).toHaveLength(2);
    expect(await written()).toEqual(before);
  });
});
