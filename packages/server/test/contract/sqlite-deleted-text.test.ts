import { expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemIds } from '../../src/platform/ids.ts';
import { ConversationsUnderTest } from './conversations-under-test.ts';
import { sqliteStores } from './sqlite-stores.ts';

test('sqlite: after a checkpoint, no file has the text of a deleted message or a former text of an edited one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-deleted-'));
  try {
    const stores = sqliteStores(folder);
    const conversations = new ConversationsUnderTest(stores);
    const [ana, mark] = [systemIds.uuid(), systemIds.uuid()];
    const conversationId = await conversations.create(ana);
    const by = () => ({ conversationId, actorId: ana, commandId: systemIds.uuid() });
    const checkpoint = () => stores.writes.database.run('PRAGMA wal_checkpoint(TRUNCATE)');
    const texts = ['deleted', 'edited', 'former'].map((state) => `${state} ${mark}`);
    const [deleted = '', edited = '', former = ''] = texts;
    // In the page of the row, and in overflow pages.
    for (const size of [1, 200]) {
      const message = await conversations.send(conversationId, ana, deleted.repeat(size));
      const other = await conversations.send(conversationId, ana, former.repeat(size));
      checkpoint();
      const edit = { kind: 'edit', acceptedAtMs: 0 } as const;
      await conversations.carryOut({ ...by(), ...edit, seq: message.seq, text: edited.repeat(size) });
      await conversations.carryOut({ ...by(), ...edit, seq: other.seq, text: 'kept' });
      checkpoint();
      await conversations.carryOut({ ...by(), kind: 'delete', seq: message.seq });
    }
    checkpoint();
    await stores.close();
    for (const name of readdirSync(folder)) {
      const bytes = readFileSync(join(folder, name));
      expect([name, ...texts.filter((text) => bytes.includes(text))]).toEqual([name]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
