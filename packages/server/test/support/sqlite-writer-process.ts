// Writes to the database in the folder argv[2] until it is killed. Each printed line names a write whose promise
// resolved.
import { writeSync } from 'node:fs';
import { systemIds } from '../../src/platform/ids.ts';
import { ConversationsUnderTest } from '../contract/conversations-under-test.ts';
import { sqliteStores } from '../contract/sqlite-stores.ts';
import { createUser } from '../contract/users-under-test.ts';

const [, , folder = ''] = process.argv;
const stores = sqliteStores(folder);
const conversations = new ConversationsUnderTest(stores);

/** Writes one line, which is in the pipe when this returns, so everything that the reader has was acknowledged. */
function acknowledged(what: AcknowledgedWrite): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

export type AcknowledgedWrite =
  | { kind: 'entry'; conversationId: string; seq: number; text: string }
  | { kind: 'user'; username: string }
  | { kind: 'session'; tokenHash: string };

async function writeEntries(): Promise<never> {
  const { id: senderId } = await createUser(stores.users, systemIds.uuid().slice(0, 32));
  const conversationId = await conversations.create(senderId);
  while (true) {
    const text = systemIds.uuid();
    const { seq } = await conversations.send(conversationId, senderId, text);
    acknowledged({ kind: 'entry', conversationId, seq, text });
  }
}

async function writeUsers(): Promise<never> {
  while (true) {
    const username = systemIds.uuid().slice(0, 32);
    const { id: userId } = await createUser(stores.users, username);
    acknowledged({ kind: 'user', username });
    const tokenHash = systemIds.token();
    await stores.users.createSession(
      { id: systemIds.uuid(), userId, device: null, createdAtMs: 0, lastUsedAtMs: 0 },
      tokenHash,
    );
    acknowledged({ kind: 'session', tokenHash });
  }
}

await Promise.all([...Array.from({ length: 8 }, writeEntries), writeUsers(), writeUsers()]);
