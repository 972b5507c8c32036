import { expect, test } from 'bun:test';
import type { EntryCopy } from '../../src/distribution/mailbox-port.ts';
import { bothWaysMembers } from '../../src/distribution/route.ts';
import { ClusterUnderTest, type SocketUnderTest } from './cluster-under-test.ts';

test('above the limit an entry is one copy a server, one publish there, and no member is named or sent to singly', async () => {
  const cluster = await ClusterUnderTest.start(3);
  const [first, second, third] = cluster.servers as [
    (typeof cluster.servers)[0],
    (typeof cluster.servers)[0],
    (typeof cluster.servers)[0],
  ];
  const owner = await cluster.user('owner');
  const { id } = await first.conversations.createChannel(owner.userId, { name: 'large' });
  const names = Array.from({ length: bothWaysMembers }, (_, index) => `member${index}`);
  for (const name of names) await first.conversations.join((await cluster.user(name)).userId, id);
  // Two servers have members online, the third has somebody who is none.
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

  // With the last of its members the second server's interest ends.
  for (const socket of there) socket.gone();
  copies.length = 0;
  await first.messages.send(owner.userId, id, 'm2', 'to those who are left');
  expect(copies).toHaveLength(1);
});
