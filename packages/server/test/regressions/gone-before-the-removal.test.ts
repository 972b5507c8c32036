import { expect, test } from 'bun:test';
import type { Delivery } from '../../src/connections/mailbox-port.ts';
import { ClusterUnderTest } from '../messaging/cluster-under-test.ts';

test('whoever is removed sees the removal first, and then loses the conversation, however late an earlier view is read', async () => {
  const cluster = await ClusterUnderTest.start(2);
  const [first, second] = cluster.servers as [(typeof cluster.servers)[0], (typeof cluster.servers)[0]];
  const [{ userId: anaId }, { userId: benId }] = [await cluster.user('ana'), await cluster.user('ben')];
  await first.connect('ana');
  const ben = await second.connect('ben');

  // The view that ben's server reads when he is added comes only when he has been removed.
  const { conversations, mailboxes } = cluster.adapters;
  const own = conversations.own.bind(conversations);
  const removed = Promise.withResolvers<void>();
  const wasRead = Promise.withResolvers<void>();
  conversations.own = async (userId, conversationId) => {
    if (userId !== benId) return own(userId, conversationId);
    await removed.promise;
    const view = await own(userId, conversationId);
    setImmediate(() => wasRead.resolve());
    return view;
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
  await wasRead.promise;
  expect(ben.frames.filter((frame) => frame.type === 'conversation')).toEqual([]);

  cluster.tamper = (same) => same;
  await mailboxes.deliver(second.messaging.serverId, held);
  await ben.until(() => ben.frames.find((frame) => frame.type === 'conversation'));
  const shown = ben.frames.filter((frame) => frame.type === 'entry' || frame.type === 'conversation');
  expect(shown.slice(-2)).toMatchObject([
    { type: 'entry', entry: { kind: 'removed' } },
    { type: 'conversation', conversation: null },
  ]);
});
