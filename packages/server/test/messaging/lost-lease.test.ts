import { expect, test } from 'bun:test';
import { closeCodes } from '@parley/protocol';
import { graceMs } from '../../src/messaging/attendance.ts';
import { leaseMs } from '../../src/messaging/part-lease.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { until } from '../support/until.ts';
import { ClusterUnderTest } from './cluster-under-test.ts';

/** Two servers with a group of ana and ben. The second, to which ben is connected, has just lost its lease. */
async function secondLostItsLease() {
  const cluster = await ClusterUnderTest.start(2);
  const [first, second] = cluster.servers as [(typeof cluster.servers)[0], (typeof cluster.servers)[0]];
  const [{ userId: anaId }, { userId: benId }] = [await cluster.user('ana'), await cluster.user('ben')];
  const ben = await second.connect('ben');
  const { id: groupId } = await first.conversations.createGroup(anaId, { name: 'g', userIds: [benId] });
  await ben.until(() => ben.seqs(groupId)[0]);
  const { mailboxes, registry } = cluster.adapters;
  // The next id of the server gets its mailbox when `opened` resolves.
  const opened = Promise.withResolvers<void>();
  const open = mailboxes.open.bind(mailboxes);
  mailboxes.open = async (serverId, receive) => {
    await opened.promise;
    return open(serverId, receive);
  };
  const formerId = second.messaging.serverId;
  const registers = async () => {
    opened.resolve();
    await until('the server has a new id', () => second.hasOtherId(formerId));
  };
  await registry.closeServer(formerId);
  cluster.clock.advance(leaseMs / 4);
  await ben.until(() => ben.closedWith ?? undefined);
  const say = () => first.messages.send(anaId, groupId, crypto.randomUUID(), 'text');
  return { cluster, first, second, registry, ben, anaId, benId, groupId, registers, say };
}

test('a client that reconnects before the server is registered again is sent away, and misses nothing then', async () => {
  const { cluster, second, groupId, registers, say } = await secondLostItsLease();
  const { token } = await cluster.user('ben');
  const early = second.open();
  early.receives({ type: 'hello', token });
  await early.until(() => early.closedWith ?? undefined);
  expect(early.closedWith).toBe(closeCodes.unavailable.code);
  await registers();
  const [ben, other] = [await second.connect('ben'), await second.connect('ben')];
  await say();
  for (const socket of [ben, other]) await socket.until(() => socket.seqs(groupId)[0]);
});

test('a command is refused while its server is not registered, and carried out when it is repeated then', async () => {
  const { second, benId, groupId, registers } = await secondLostItsLease();
  const send = () => second.messages.send(benId, groupId, 'again', 'text');
  const refused = await Promise.resolve()
    .then(send)
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Unavailable);
  await registers();
  expect(await send()).toMatchObject({ conversationId: groupId });
});

test('an arrival from before the lease was lost does not count off the connection after it', async () => {
  const cluster = await ClusterUnderTest.start(1);
  const [server] = cluster.servers;
  if (!server) throw new Error('there is a server');
  const { userId: benId, token } = await cluster.user('ben');
  const { registry } = cluster.adapters;
  const connect = registry.connect.bind(registry);
  const gate = Promise.withResolvers<void>();
  let isWaiting = false;
  registry.connect = async (serverId, userId) => {
    isWaiting = true;
    await gate.promise;
    return connect(serverId, userId);
  };
  const early = server.open();
  early.receives({ type: 'hello', token });
  await until('the arrival is being registered', () => isWaiting);
  registry.connect = connect;
  const formerId = server.messaging.serverId;
  await registry.closeServer(formerId);
  cluster.clock.advance(leaseMs / 4);
  await until('the server has a new id', () => server.hasOtherId(formerId));
  await server.connect('ben');
  gate.resolve();
  await until('the early arrival has failed', () => cluster.failures.length > 0);
  expect(cluster.failures).toEqual([expect.any(Unavailable)]);
  cluster.clock.advance(graceMs);
  // The departure of another user, which begins later, is registered.
  const cleo = await server.connect('cleo');
  const { userId: cleoId } = await cluster.user('cleo');
  cleo.gone();
  cluster.clock.advance(graceMs);
  await until('cleo is offline', async () => !(await registry.online([cleoId])).has(cleoId));
  expect(await registry.online([benId])).toEqual(new Set([benId]));
});

test('clients of a server that lost its lease reconnect at different times', async () => {
  const cluster = await ClusterUnderTest.start(1);
  const [server] = cluster.servers;
  if (!server) throw new Error('there is a server');
  const sockets = await Promise.all(['ana', 'ben', 'cleo'].map((name) => server.connect(name)));
  await cluster.adapters.registry.closeServer(server.messaging.serverId);
  cluster.clock.advance(leaseMs / 4);
  const delays: number[] = [];
  for (const socket of sockets) {
    delays.push((await socket.next('goaway')).delayMs);
    expect(socket.closedWith).toBe(closeCodes.leaseLost.code);
  }
  expect(new Set(delays).size).toBe(3);
});

test('a watch that could not be registered is registered when the request is repeated', async () => {
  const cluster = await ClusterUnderTest.start(1);
  const [server] = cluster.servers;
  if (!server) throw new Error('there is a server');
  const ana = await server.connect('ana');
  const { userId: benId } = await cluster.user('ben');
  const { registry } = cluster.adapters;
  const watch = registry.watch.bind(registry);
  registry.watch = async () => {
    registry.watch = watch;
    throw new Unavailable('the registry is unavailable');
  };
  const request = { type: 'watch', userIds: [benId], conversationIds: [] } as const;
  expect(await ana.asks(request)).toMatchObject({ type: 'error', code: 'unavailable' });
  expect(await ana.asks(request)).toMatchObject({ users: [{ userId: benId, online: false }] });
  expect(await registry.watchersOf([benId])).toEqual(new Map([[benId, [server.messaging.serverId]]]));
});
