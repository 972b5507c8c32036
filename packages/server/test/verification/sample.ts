import type { ConversationId, UserId } from '@parley/protocol';
import { systemIds } from '../../src/platform/ids.ts';
import { ConversationsUnderTest, fields } from '../contract/conversations-under-test.ts';
import type { Stores } from '../contract/sqlite-stores.ts';
import { newUser } from '../contract/users-under-test.ts';

const startMs = 1_767_225_600_000;
const dayMs = 86_400_000;

/** Data in every table and column, written through the stores by the product's own rules. */
export async function fillSample(stores: Stores): Promise<void> {
  const { users, history } = stores;
  const conversations = new ConversationsUnderTest(stores);
  conversations.nowMs = startMs;
  const tick = () => {
    conversations.nowMs += 10;
  };
  const [ana, ben, cyd, dan] = await fillUsers(stores);
  await users.setDisabled(dan, true);

  const channel = await conversations.create(ana, {
    ...{ conversationKind: 'channel', name: 'Harbour news', history: 'since_joining', userIds: [ben] },
  });
  for (const text of ['one', 'two']) {
    tick();
    await conversations.send(channel, ben, text);
  }
  tick();
  await conversations.join(channel, cyd);
  tick();
  await conversations.entryOf({ ...fields(channel, ana), kind: 'set_role', userId: ben, role: 'admin' });
  tick();
  await conversations.rename(channel, ana, 'Harbour paper');
  const more = { description: 'All of it', announceOnly: true };
  await conversations.entryOf({ ...fields(channel, ana), kind: 'update', ...more });
  tick();
  await conversations.send(channel, ana, 'three');
  tick();
  await conversations.leave(channel, cyd);
  tick();
  await conversations.entryOf({ ...fields(channel, ana), kind: 'remove', userId: ben });

  const group = await conversations.create(ana, { userIds: [cyd] });
  await conversations.leave(group, cyd);
  await conversations.leave(group, ana);
  const direct = await conversations.openDirect(ana, ben);
  await conversations.send(direct, ben, 'Hello');

  await fillReads(stores, [
    [ana, channel, 3],
    [ana, direct, 2],
    [ben, direct, 1],
  ]);
  conversations.nowMs = startMs + dayMs;
  await conversations.send(direct, ana, 'from tomorrow');
  const times = { nowMs: startMs + 1_000, asOfMs: startMs + 1_000 };
  for (let partition = 0; partition < stores.partitions; partition++) await history.settleActivity(partition, times);
}

async function fillUsers({ users }: Stores): Promise<[UserId, UserId, UserId, UserId]> {
  const ids: UserId[] = [];
  for (const username of ['Ana', 'Ben', 'Cyd', 'Dan']) {
    const made = await users.create(newUser(username, { administrator: 'when_first' }));
    if (typeof made === 'string') throw new Error(`${username}: ${made}`);
    ids.push(made.id);
    const session = { id: systemIds.uuid(), userId: made.id, device: username === 'Ben' ? null : 'laptop' };
    await users.keepDevice({ userId: made.id, secretHash: `secret of ${username}`, usedAtMs: startMs }, 10);
    await users.createSession({ ...session, createdAtMs: startMs, lastUsedAtMs: startMs }, `token of ${username}`);
  }
  const [ana = '', ben = '', cyd = '', dan = ''] = ids;
  for (const createdBy of [ana, null]) {
    await users.createInvitation({ tokenHash: `invitation of ${createdBy}`, uses: 0, expiresAtMs: startMs, createdBy });
  }
  return [ana, ben, cyd, dan];
}

async function fillReads(stores: Stores, reads: [UserId, ConversationId, number][]): Promise<void> {
  for (const [userId, conversationId, seq] of reads) {
    const messageCount = await stores.history.messageCountAt(conversationId, seq);
    await stores.conversations.advanceReadPosition(userId, conversationId, { seq, messageCount });
  }
  stores.passTime(1_000);
}
