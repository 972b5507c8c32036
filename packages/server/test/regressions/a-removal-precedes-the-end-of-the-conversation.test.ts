import { expect, test } from 'bun:test';
import type { ServerFrame } from '@parley/protocol';
import type { Delivery } from '../../src/connections/mailbox-port.ts';
import { ClusterUnderTest } from '../messaging/cluster-under-test.ts';

test('a removed user receives the removal before the conversation disappears, however late an earlier view is read', async () => {
  const cluster = await ClusterUnderTest.start(2);
  const [first, second] = cluster.servers as [(typeof cluster.servers)[0], (typeof cluster.servers)[0]];
  const [{ userId: anaId }, { userId: benId }] = [await cluster.user('ana'), await cluster.user('ben')];
  await first.connect('ana');
  const ben = await second.connect('ben');

  // When ben is added, his server reads the conversation, but gets the result only after his removal.
  const { conversations, mailboxes } = cluster.adapters;
  const own = conversations.own.bind(conversations);
  const removed = Promise.withResolvers<void>();
  conversations.own = async (userId, conversationId) => {
    if (userId === benId) await removed.promise;
    return own(userId, conversationId);
  };
  const held: Delivery[] = [];
  cluster.tamper = (deliveries) =>
    deliveries.filter((delivery) => {
      const isRemoval = delivery.kind === 'entry' && delivery.entry.kind === 'removed';
      if (isRemoval && delivery.recipientIds.includes(benId)) held.push(delivery);
      return !isRemoval;
    });
  const { id: groupId } = await first.conversations.createGroup(anaId, { name: 'g', userIds: [benId] });
  await first.conversations.removeMember(anaId, groupId, benId);
  removed.resolve();
  // The view of a group that is created later comes after the view of this one would.
  const { id: laterId } = await first.conversations.createGroup(anaId, { name: 'later', userIds: [benId] });
  await ben.until(() => conversationsShown(ben.frames).find(({ conversationId }) => conversationId === laterId));
  expect(conversationsShown(ben.frames)).toMatchObject([{ conversationId: laterId }]);

  cluster.tamper = (same) => same;
  await mailboxes.deliver(second.messaging.serverId, held);
  await ben.until(() => conversationsShown(ben.frames)[1]);
  const shown = ben.frames.filter((frame) => frame.type === 'entry' || frame.type === 'conversation');
  expect(shown.slice(-2)).toMatchObject([
    { type: 'entry', entry: { kind: 'removed' } },
    { type: 'conversation', conversation: null },
  ]);
});

function conversationsShown(frames: readonly ServerFrame[]) {
  return frames.filter((frame) => frame.type === 'conversation');
}
