import { beforeEach, describe, expect, test } from 'bun:test';
import type { ConversationId, UserId } from '@parley/protocol';
import { importRows } from '../../src/adapters/postgres/import.ts';
import type { ShardedDatabase } from '../../src/adapters/postgres/sharded-database.ts';
import { postgresStores } from '../../src/adapters/postgres/stores.ts';
import { readPositionsTable } from '../../src/adapters/rows/conversation-tables.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { readRevisionOf } from './conversations-under-test.ts';
import { emptyDatabase } from './postgres-under-test.ts';

const withoutPostgres = withoutService('postgres');
describe.skipIf(withoutPostgres !== null)(
  titleWith('revisions of read positions on PostgreSQL', withoutPostgres),
  () => {
    let database: ShardedDatabase;
    let userId: UserId;
    let conversationId: ConversationId;
    beforeEach(async () => {
      database = await emptyDatabase();
      [userId, conversationId] = [systemIds.uuid(), systemIds.uuid()];
    });

    const revision = () => readRevisionOf(postgresStores(database), userId);
    const changedAfter = (after: number) =>
      postgresStores(database).conversations.readPositionsAfter(userId, { revision: after, limit: 10 });
    /** A statement of the version from before there were revisions. */
    const advanceAsBefore = (seq: number) =>
      database.atRelaxed(
        userId,
        (sql, shard) => sql`
        INSERT INTO read_positions AS r (shard, user_id, conversation_id, seq, message_count)
        VALUES (writable(${shard}), ${userId}, ${conversationId}, ${seq}, ${seq})
        ON CONFLICT (shard, user_id, conversation_id) DO UPDATE SET
          seq = greatest(r.seq, excluded.seq),
          message_count = CASE WHEN excluded.seq > r.seq THEN excluded.message_count ELSE r.message_count END
        RETURNING seq, message_count`,
      );

    test('writes of the previous version get a revision too', async () => {
      await advanceAsBefore(3);
      const first = await revision();
      expect(await changedAfter(0)).toMatchObject([{ conversationId, seq: 3, messageCount: 3, revision: first }]);
      await advanceAsBefore(7);
      expect(await revision()).toBeGreaterThan(first);
      expect(await changedAfter(first)).toMatchObject([{ conversationId, seq: 7 }]);
      const second = await revision();
      await advanceAsBefore(5);
      expect(await revision()).toBe(second);
    });

    test('writes of the previous version move a position forward that was marked as unread', async () => {
      await advanceAsBefore(9);
      const { conversations } = postgresStores(database);
      await conversations.markUnread(userId, conversationId, { seq: 9, version: 0 }, { seq: 2, messageCount: 2 });
      for (const seq of [1, 7]) await advanceAsBefore(seq);
      expect(await changedAfter(0)).toMatchObject([{ seq: 7, version: 1, receiptSeq: 9 }]);
    });

    test('positions from before this version have no revision until they change', async () => {
      await advanceAsBefore(3);
      // Like a row that was written before the step.
      await database.at(userId, (sql) => sql`UPDATE read_positions SET revision = NULL WHERE user_id = ${userId}`);
      expect(await revision()).toBe(0);
      expect(await changedAfter(0)).toEqual([]);
      await advanceAsBefore(4);
      expect(await changedAfter(0)).toMatchObject([{ conversationId, seq: 4 }]);
    });

    test('imported positions keep their revision, and the next change gets a greater one', async () => {
      const later = Date.now() + 86_400_000;
      const row = { user_id: userId, conversation_id: conversationId, seq: 2, message_count: 2, revision: later };
      const marked = { version: 3, receipt_seq: 4 };
      await importRows(database, readPositionsTable, [{ ...row, ...marked }], () => userId);
      expect(await revision()).toBe(later);
      await advanceAsBefore(9);
      expect(await changedAfter(later)).toMatchObject([{ seq: 9, revision: later + 1, version: 3, receiptSeq: 4 }]);
    });

    test('no revision is assigned twice, also when a crash lost the last changes', async () => {
      await advanceAsBefore(3);
      const told = await revision();
      await database.at(userId, (sql) => sql`DELETE FROM read_positions WHERE user_id = ${userId}`);
      for (let seq = 4; ; seq++) {
        await advanceAsBefore(seq);
        const now = await revision();
        expect(now).toBeGreaterThanOrEqual(told);
        if (now > told) break;
        expect(seq).toBeLessThan(10_000);
      }
    });
  },
);
