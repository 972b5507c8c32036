import type { ConversationId, UserId } from '@parley/protocol';
import type { Command } from '../../src/conversations/command.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { ConversationsUnderTest, fields } from '../contract/conversations-under-test.ts';
import type { Stores } from '../contract/sqlite-stores.ts';
import { createUser, newUser } from '../contract/users-under-test.ts';

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

/** A read position that was marked as unread. */
export async function fillMarks(stores: Stores): Promise<void> {
  const conversations = new ConversationsUnderTest(stores);
  conversations.nowMs = startMs;
  const { id: ana } = await createUser(stores.users, 'Gil');
  const conversationId = await conversations.create(ana);
  for (const text of ['first', 'second', 'third']) await conversations.send(conversationId, ana, text);
  await stores.conversations.advanceReadPosition(ana, conversationId, { seq: 4, messageCount: 3 });
  await stores.conversations.markUnread(ana, conversationId, { seq: 4, version: 0 }, { seq: 2, messageCount: 1 });
}

/** Bans of a member and of a user who never was one, and a lifted ban. */
export async function fillBans(stores: Stores): Promise<void> {
  const conversations = new ConversationsUnderTest(stores);
  conversations.nowMs = startMs;
  const [ana = '', ben = '', cyd = ''] = await Promise.all(
    ['ana', 'ben', 'cyd'].map(async (name) => (await stores.users.byUsername(name))?.id ?? ''),
  );
  const channel = await conversations.create(ana, { conversationKind: 'channel', name: 'Moderated', userIds: [ben] });
  const change = (kind: 'ban' | 'unban', userId: UserId) => {
    conversations.nowMs += 10;
    return conversations.entryOf({ ...fields(channel, ana), kind, userId });
  };
  await change('ban', ben);
  await change('ban', cyd);
  await change('unban', ben);
  await change('ban', ben);
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

/** Amended messages and a setting of an administrator, which versions before amendments cannot store. */
export async function fillAmendments(stores: Stores): Promise<void> {
  const conversations = new ConversationsUnderTest(stores);
  conversations.nowMs = startMs;
  const [{ id: ana }, { id: cyd }] = [await createUser(stores.users, 'Eva'), await createUser(stores.users, 'Finn')];
  await stores.serverSettings.writeSettings({ editWindowMs: dayMs });
  const notes = await conversations.create(ana, { userIds: [cyd] });
  let count = 0;
  const by = (actorId: UserId) => ({ conversationId: notes, actorId, commandId: `amendment ${++count}` });
  for (const text of ['draft', 'gone', 'kept', 'pinned']) await conversations.send(notes, ana, text);
  await conversations.entryOf({ ...by(cyd), kind: 'send', text: 'an answer', replyTo: 2 });
  const commands: Command[] = [
    { ...by(ana), kind: 'react', seq: 3, emoji: '🎉', set: true },
    { ...by(ana), kind: 'pin', seq: 3, set: true },
    { ...by(ana), kind: 'edit', seq: 2, text: 'second draft', acceptedAtMs: startMs },
    { ...by(cyd), kind: 'react', seq: 2, emoji: '👍', set: true },
    { ...by(ana), kind: 'react', seq: 2, emoji: '👍', set: true },
    { ...by(ana), kind: 'pin', seq: 5, set: true },
    { ...by(ana), kind: 'edit', seq: 3, text: 'nearly gone', acceptedAtMs: startMs },
    { ...by(cyd), kind: 'react', seq: 6, emoji: '🎉', set: true },
    { ...by(ana), kind: 'delete', seq: 3 },
  ];
  for (const command of commands) {
    conversations.nowMs += 10;
    const { outcomes } = await conversations.carryOut(command);
    if (outcomes[0]?.kind !== 'amended') throw new Error(`${command.kind}: ${JSON.stringify(outcomes)}`);
  }
}
