import { expect, test } from 'bun:test';
import { limits } from '@parley/protocol';
import { ClusterUnderTest, type SocketUnderTest } from './cluster-under-test.ts';

type Server = ClusterUnderTest['servers'][number];

/** Two servers, and a group with more members than are routed to as participants. */
async function largeGroup() {
  const cluster = await ClusterUnderTest.start(2);
  const [first, second] = cluster.servers as [Server, Server];
  const owner = await cluster.user('owner');
  const names = Array.from({ length: limits.directFanOutMembers + 1 }, (_, index) => `member${index}`);
  const userIds = await Promise.all(names.map(async (name) => (await cluster.user(name)).userId));
  const { id } = await first.conversations.createGroup(owner.userId, { name: 'large' });
  for (let from = 0; from < userIds.length; from += limits.membersPerRequest) {
    const added = userIds.slice(from, from + limits.membersPerRequest);
    await first.conversations.addMembers(owner.userId, id, added);
  }
  let count = 0;
  const say = () => first.messages.send(owner.userId, id, `m${++count}`, 'text');
  return { cluster, first, second, owner, id, names, userIds, say };
}

/** Holds back the result of the first read of a user's broadcast conversations. */
function holdFirstReading(cluster: ClusterUnderTest): { asked: Promise<void>; answer: () => void } {
  const { conversations } = cluster.adapters;
  const read = conversations.broadcastConversations.bind(conversations);
  const asked = Promise.withResolvers<void>();
  const may = Promise.withResolvers<void>();
  let isFirst = true;
  conversations.broadcastConversations = async (userId) => {
    const ids = await read(userId);
    if (!isFirst) return ids;
    isFirst = false;
    asked.resolve();
    await may.promise;
    return ids;
  };
  return { asked: asked.promise, answer: may.resolve };
}

/**
 * A socket in the middle of its hello: the server has read the conversations, and continues when `answer` is called.
 */
async function heldHello(cluster: ClusterUnderTest, server: Server, name: string) {
  const { token } = await cluster.user(name);
  const { asked, answer } = holdFirstReading(cluster);
  const socket = server.open();
  socket.receives({ type: 'hello', token });
  await asked;
  return { socket, answer };
}

test('contract 8: a user who is removed while their hello is under way gets no later entry', async () => {
  const { cluster, first, second, owner, id, userIds, say } = await largeGroup();
  const witness = await second.connect('member1');
  const { socket, answer } = await heldHello(cluster, second, 'member0');
  await first.conversations.removeMember(owner.userId, id, userIds[0] ?? '');
  const removed = await lastSeq(witness, id, 'removed');
  answer();
  const welcome = await socket.next('welcome');
  expect(welcome.homepage.conversations.map((conversation) => conversation.id)).not.toContain(id);
  const { seq } = await say();
  await witness.until(() => witness.seqs(id).find((each) => each === seq));
  expect(socket.seqs(id).filter((each) => each > removed)).toEqual([]);
});

test('a user who is added again while their hello is under way gets every later entry', async () => {
  const { cluster, first, second, owner, id, userIds, say } = await largeGroup();
  const witness = await second.connect('member1');
  const { socket, answer } = await heldHello(cluster, second, 'member0');
  await first.conversations.removeMember(owner.userId, id, userIds[0] ?? '');
  await first.conversations.addMembers(owner.userId, id, [userIds[0] ?? '']);
  await lastSeq(witness, id, 'added');
  answer();
  await socket.next('welcome');
  const { seq } = await say();
  await socket.until(() => socket.seqs(id).find((each) => each === seq));
});

test('online counts of a group stop with the membership, even if the watch is being registered', async () => {
  const { cluster, first, second, owner, id, userIds } = await largeGroup();
  const [watching, asking] = await Promise.all([second.connect('member0'), second.connect('member1')]);
  const witness = await second.connect('member2');
  const watch = { type: 'watch', userIds: [], conversationIds: [id] } as const;
  expect(await watching.asks(watch)).toMatchObject({ conversations: [{ conversationId: id }] });

  const { registry } = cluster.adapters;
  const onlineMembers = registry.onlineMembers.bind(registry);
  const asked = Promise.withResolvers<void>();
  const may = Promise.withResolvers<void>();
  registry.onlineMembers = async (ids) => {
    asked.resolve();
    await may.promise;
    return onlineMembers(ids);
  };
  const answer = asking.asks(watch);
  await asked.promise;
  for (const userId of userIds.slice(0, 2)) await first.conversations.removeMember(owner.userId, id, userId);
  await witness.until(() =>
    witness.entries(id).filter(({ kind }) => kind === 'removed').length === 2 ? true : undefined,
  );
  may.resolve();
  expect(await answer).toMatchObject({ conversations: [] });
  registry.onlineMembers = async (ids) => new Map(ids.map((each) => [each, 77]));
  // The witness watches too; its update comes after the updates that the others could get.
  await witness.asks(watch);
  registry.onlineMembers = async (ids) => new Map(ids.map((each) => [each, 78]));
  const toldOfCounts = (socket: SocketUnderTest) =>
    socket.frames.filter((frame) => frame.type === 'presence' && !frame.id && frame.conversations.length > 0);
  cluster.clock.advance(5_000);
  await witness.until(() => toldOfCounts(witness)[0]);
  expect([...toldOfCounts(watching), ...toldOfCounts(asking)]).toEqual([]);
});

async function lastSeq(witness: SocketUnderTest, id: string, kind: string): Promise<number> {
  return witness.until(() => witness.entries(id).findLast((entry) => entry.kind === kind)?.seq);
}
