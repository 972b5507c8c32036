import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '@parley/protocol';
import { databaseFile } from '../../src/adapters/sqlite/database.ts';
import { verify } from '../../src/adapters/sqlite/verify.ts';
import { ConversationsUnderTest } from '../contract/conversations-under-test.ts';
import { sqliteStores } from '../contract/sqlite-stores.ts';
import { createUser } from '../contract/users-under-test.ts';

describe('verification of a conversation that became broadcast', () => {
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

  test('finds no fault in a sound one, also when an upgrade set a later entry as the first broadcast one', () => {
    expect(verify(file).faults).toEqual([]);
    expect(after('UPDATE conversations SET broadcast_seq = 3')).toBe('');
  });

  test('reports a head and an index by user that lack the change', () => {
    for (const seq of [0, 1, 4]) {
      expect(after(`UPDATE conversations SET broadcast_seq = ${seq}`)).toContain(`its row has broadcastSeq ${seq}`);
    }
    expect(after('UPDATE memberships SET broadcast = 0')).toContain('that it is not broadcast');
  });
});
