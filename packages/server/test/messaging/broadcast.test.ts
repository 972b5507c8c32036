import { expect, test } from 'bun:test';
import { limits } from '@parley/protocol';
import type { EntryCopy } from '../../src/connections/mailbox-port.ts';
import { bothWaysEntries } from '../../src/distribution/route.ts';
import { ClusterUnderTest, type SocketUnderTest } from './cluster-under-test.ts';

test('above the limit an entry is one copy per server and one publish there, without naming or sending to single members', async () => {
  const { cluster, first, second, third, owner, id, names } = await largeChannel();
  // Two servers have members online; the third has a user who is not a member.
  const here = await Promise.all(names.slice(0, 40).map((name) => first.connect(name)));
  const there = await Promise.all(names.slice(40, 80).map((name) => second.connect(name)));
  const stranger = await third.connect('stranger');

  const copies: EntryCopy[] = [];
  cluster.tamper = (deliveries) => {
    copies.push(...deliveries.filter((delivery) => delivery.kind === 'entry'));
    return deliveries;
  };
  const publishesBefore = cluster.servers.map((server) => server.publishes);
  const { seq } = await first.messages.send(owner.userId, id, 'm', 'to everybody');
  await Promise.all(
    [...here, ...there].map((socket) => socket.until(() => socket.seqs(id).find((each) => each === seq))),
  );

  expect(copies.map(({ recipientIds, interested, broadcast }) => ({ recipientIds, interested, broadcast }))).toEqual([
    { recipientIds: [], interested: true, broadcast: true },
    { recipientIds: [], interested: true, broadcast: true },
  ]);
  expect(cluster.servers.map((server, index) => server.publishes - (publishesBefore[index] ?? 0))).toEqual([1, 1, 0]);
  const timesSeen = (socket: SocketUnderTest) => socket.seqs(id).filter((each) => each === seq).length;
  expect([...here, ...there].map(timesSeen)).toEqual(Array(80).fill(1));
  expect(timesSeen(stranger)).toBe(0);

  // The second server's interest ends when the last of its members disconnects.
  for (const socket of there) socket.gone();
  copies.length = 0;
  await first.messages.send(owner.userId, id, 'm2', 'to the remaining members');
  expect(copies).toHaveLength(1);
});

test('an entry decided while a server registers its interest reaches it without another entry', async () => {
  const { cluster, first, second, owner, id } = await largeChannel();
  const joining = await second.connect('late');
  const { registry } = cluster.adapters;
  const addInterest = registry.addInterest.bind(registry);
  const { promise: mayRegister, resolve: letRegister } = Promise.withResolvers<void>();
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
  registry.addInterest = async (serverId, conversationId) => {
    isAsked();
    await mayRegister;
    return addInterest(serverId, conversationId);
  };
  const joined = second.conversations.join((await cluster.user('late')).userId, id);
  await asked;
  const { seq } = await first.messages.send(owner.userId, id, 'm', 'no member is connected here yet');
  letRegister();
  await joined;
  await joining.until(() => joining.seqs(id).find((each) => each === seq));
  expect(joining.seqs(id)).toEqual([seq - 1, seq]);
});

/** Three servers, and a channel that is routed only to interested servers. */
async function largeChannel() {
  const cluster = await ClusterUnderTest.start(3);
  const [first, second, third] = cluster.servers as [
    (typeof cluster.servers)[0],
    (typeof cluster.servers)[0],
    (typeof cluster.servers)[0],
  ];
  const owner = await cluster.user('owner');
  const { id } = await first.conversations.createChannel(owner.userId, { name: 'large' });
  const names = Array.from({ length: limits.directFanOutMembers }, (_, index) => `member${index}`);
  for (const name of names) await first.conversations.join((await cluster.user(name)).userId, id);
  const said = Array.from({ length: bothWaysEntries }, (_, index) => `before ${index}`);
  for (const clientMessageId of said) await first.messages.send(owner.userId, id, clientMessageId, 'text');
  return { cluster, first, second, third, owner, id, names };
}
