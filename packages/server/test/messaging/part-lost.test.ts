import { expect, test } from 'bun:test';
import { closeCodes, limits } from '@parley/protocol';
import { bothWaysEntries } from '../../src/distribution/route.ts';
import { leaseMs } from '../../src/messaging/part-lease.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { ConversationsUnderTest, fields } from '../contract/conversations-under-test.ts';
import { until } from '../support/until.ts';
import { ClusterUnderTest, type SocketUnderTest } from './cluster-under-test.ts';
import { twoParts } from './two-parts.ts';

/** Two messaging servers over a registry of two parts; on the first, people of each part. */
async function clusterOnTwoParts() {
  let made: ReturnType<typeof twoParts> | undefined;
  const cluster = await ClusterUnderTest.start(2, (clock) => {
    made = twoParts(clock);
    return made.registry;
  });
  const parts = made as ReturnType<typeof twoParts>;
  const [server] = cluster.servers;
  if (!server) throw new Error('there are servers');
  /** The names of people of each part. */
  const names: [string[], string[]] = [[], []];
  for (let count = 0; names.some((some) => some.length < 2); count++) {
    const { userId } = await cluster.user(`person${count}`);
    names[parts.registry.partOf(userId) === parts.first ? 0 : 1].push(`person${count}`);
  }
  const connect = (part: 0 | 1) => Promise.all(names[part].slice(0, 2).map((name) => server.connect(name)));
  const sockets = [await connect(0), await connect(1)] as const;
  /** Lets time pass until the condition holds; nobody falls silent meanwhile. */
  const inTime = (what: string, isSo: () => boolean | Promise<boolean>) =>
    until(what, async () => {
      if (await isSo()) return true;
      for (const socket of sockets.flat()) socket.pongs();
      cluster.clock.advance(1_000);
      await new Promise((next) => setImmediate(next));
      return false;
    });
  const areClosed = (some: readonly SocketUnderTest[]) => some.every(({ closedWith }) => closedWith !== null);
  return { ...parts, cluster, server, names, sockets, inTime, areClosed };
}

test('people of a part that lost its data resynchronise; the others keep their connections', async () => {
  const { servers, server, registry, sockets, names, cluster, inTime, areClosed } = await clusterOnTwoParts();
  const [others, concerned] = sockets;
  const { serverId } = server.messaging;
  servers[1].forget();
  await inTime('the people of the part are sent away', () => areClosed(concerned));
  for (const { closedWith } of concerned) expect(closedWith).toBe(closeCodes.resync.code);
  for (const { closedWith } of others) expect(closedWith).toBeNull();
  expect(server.messaging.serverId).toBe(serverId);
  const users = await Promise.all([...names[0].slice(0, 2), ...names[1].slice(0, 2)].map((name) => cluster.user(name)));
  expect(await registry.online(users.map(({ userId }) => userId))).toEqual(new Set(users.map(({ userId }) => userId)));
});

/** A broadcast channel of the second part, with these members and enough others. */
async function channelOfSecondPart(
  { cluster, registry, second }: Pick<Awaited<ReturnType<typeof clusterOnTwoParts>>, 'cluster' | 'registry' | 'second'>,
  names: readonly string[],
): Promise<string> {
  const { userId: ownerId } = await cluster.user('owner');
  const stored = new ConversationsUnderTest(cluster.adapters);
  let id = '';
  for (let count = 0; id === ''; count++) {
    const channel = await stored.createChannel(ownerId, `large ${count}`);
    if (registry.partOf(channel) === second) id = channel;
  }
  const users = await Promise.all(names.map((name) => cluster.user(name)));
  const others = Array.from({ length: limits.directFanOutMembers + bothWaysEntries }, systemIds.uuid);
  const members = [...users.map(({ userId }) => userId), ...others];
  for (let from = 0; from < members.length; from += bothWaysEntries) {
    const some = members.slice(from, from + bothWaysEntries);
    await stored.carryOut(...some.map((member) => ({ ...fields(id, member), kind: 'join' as const })));
  }
  return id;
}

test('members of a broadcast conversation of the part resynchronise too', async () => {
  const under = await clusterOnTwoParts();
  const { servers, server, names, sockets, inTime } = under;
  const [name = ''] = names[0];
  await channelOfSecondPart(under, [name]);
  const inChannel = await server.connect(name);
  sockets[0].push(inChannel);
  servers[1].forget();
  await inTime('the member of the channel is sent away', () => inChannel.closedWith !== null);
  expect(sockets[0][1]?.closedWith).toBeNull();
});

test('a server that one part dropped, and that cannot reach it, sends the people of the part away', async () => {
  const { servers, server, registry, names, sockets, cluster, lose, find, inTime, areClosed } =
    await clusterOnTwoParts();
  const [others, concerned] = sockets;
  const { serverId } = server.messaging;
  lose(serverId);
  await inTime('the people of the part are sent away', () => areClosed(concerned));
  for (const { closedWith } of others) expect(closedWith).toBeNull();
  // They connect through another server, and not here.
  const [name = ''] = names[1];
  const { token, userId } = await cluster.user(name);
  const early = server.open();
  early.receives({ type: 'hello', token });
  await early.until(() => early.closedWith ?? undefined);
  expect(early.closedWith).toBe(closeCodes.unavailable.code);
  const elsewhere = await cluster.servers[1]?.connect(name);
  expect([...(await registry.serversOf([userId])).keys()]).toEqual([cluster.servers[1]?.messaging.serverId ?? '']);
  elsewhere?.gone();
  find();
  await inTime('the part lists the server again', async () => (await servers[1].liveServers()).includes(serverId));
  const again = await server.connect(name);
  expect([...(await registry.serversOf([userId])).keys()]).toContain(serverId);
  expect(again.closedWith).toBeNull();
  expect(server.messaging.serverId).toBe(serverId);
});

test('a server that is cut off from a part serves no member and no watcher of it without live frames', async () => {
  const under = await clusterOnTwoParts();
  const { server, names, sockets, cluster, lose, find, inTime, areClosed } = under;
  const [memberName = '', watcherName = ''] = names[0];
  const id = await channelOfSecondPart(under, [memberName]);
  const { userId: watchedId } = await cluster.user(names[1][0] ?? '');
  const member = await server.connect(memberName);
  const [watcher, bystander] = [await server.connect(watcherName), await server.connect(watcherName)];
  sockets[0].push(member, watcher, bystander);
  const watch = { type: 'watch', userIds: [watchedId] } as const;
  expect(await watcher.asks(watch)).toMatchObject({ users: [{ userId: watchedId, online: true }] });
  lose(server.messaging.serverId);
  await inTime('those who need the part are sent away', () => areClosed([...sockets[1], member, watcher]));
  for (const { closedWith } of [member, watcher]) expect(closedWith).toBe(closeCodes.resync.code);
  expect(bystander.closedWith).toBeNull();
  expect(server.messaging.isCutOff).toBe(true);
  // Here they are refused.
  const early = server.open();
  early.receives({ type: 'hello', token: (await cluster.user(memberName)).token });
  await early.until(() => early.closedWith ?? undefined, 'the member is refused');
  expect(early.closedWith).toBe(closeCodes.unavailable.code);
  // Clients that start to watch somebody of the part are sent away, because other servers reach it.
  for (const conversationIds of [[], [id]]) {
    const starting = await server.connect(watcherName);
    const userIds = conversationIds.length > 0 ? [] : [watchedId];
    starting.receives({ type: 'watch', id: 'starting', userIds, conversationIds, typingIn: [] });
    await starting.until(() => starting.closedWith ?? undefined, 'the client that starts to watch is sent away');
    expect(starting.closedWith).toBe(closeCodes.resync.code);
  }
  expect(bystander.closedWith).toBeNull();
  // A user who joins meanwhile is sent away as well.
  await server.conversations.join((await cluster.user(watcherName)).userId, id);
  await bystander.until(() => bystander.closedWith ?? undefined, 'the user who joined is sent away');
  // Elsewhere they are served.
  const elsewhere = await (cluster.servers[1] as typeof server).connect(memberName);
  await server.messages.send((await cluster.user('owner')).userId, id, 'one', 'while it is cut off');
  await elsewhere.until(() => elsewhere.entries(id).at(-1), 'the member gets the entry through another server');
  expect(await elsewhere.asks(watch)).toMatchObject({ type: 'presence' });
  find();
  sockets[0].push(elsewhere);
  await inTime('the server reaches the part again', () => !server.messaging.isCutOff);
  const again = await server.connect(memberName);
  expect(await again.asks(watch)).toMatchObject({ type: 'presence' });
  const before = again.entries(id).length;
  await server.messages.send((await cluster.user('owner')).userId, id, 'two', 'live again');
  await again.until(() => again.entries(id)[before], 'the member gets entries here');
});

test('nobody is sent away while a part is unavailable for all', async () => {
  const { sockets, cluster, servers, lose, find, inTime, areClosed } = await clusterOnTwoParts();
  const [others, concerned] = sockets;
  lose();
  servers[1].liveServers = async () => {
    throw new Error('the part is unavailable');
  };
  const untilMs = cluster.clock.monotonicMs() + 6 * leaseMs;
  await inTime('a minute has passed', () => cluster.clock.monotonicMs() > untilMs);
  for (const { closedWith } of sockets.flat()) expect(closedWith).toBeNull();
  find();
  delete (servers[1] as Partial<(typeof servers)[1]>).liveServers;
  await inTime('the people of the part catch up', () => areClosed(concerned));
  for (const { closedWith } of others) expect(closedWith).toBeNull();
});
