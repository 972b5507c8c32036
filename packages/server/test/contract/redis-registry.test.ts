import { afterAll, afterEach, beforeAll, beforeEach, expect, setSystemTime, test } from 'bun:test';
import type { UserId } from '@parley/protocol';
import fc from 'fast-check';
import type { RedisConnection } from '../../src/adapters/redis/connection.ts';
import { RedisConnectionRegistry } from '../../src/adapters/redis/registry.ts';
import { Unavailable, Unusable } from '../../src/platform/failures.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { newIds } from './conversations-under-test.ts';
import { deleteAll, describeOnRedis, keysOf, newPrefix, openCommonRedis } from './redis-under-test.ts';

const leaseMs = 10_000;
const [north = '', south = '', east = ''] = newIds(3);

describeOnRedis('registries on one Redis, each with a client of its own', () => {
  let clients: RedisConnection[];
  let clock: FakeClock;
  let registries: RedisConnectionRegistry[];
  let registry: RedisConnectionRegistry;
  let redis: RedisConnection;

  beforeAll(async () => {
    clients = await Promise.all(Array.from({ length: 4 }, openCommonRedis));
  });
  afterAll(() => Promise.all(clients.map((client) => client.close())));

  beforeEach(async () => {
    const prefix = newPrefix();
    clock = new FakeClock();
    const connections = clients.map((client) => client.within(prefix));
    registries = connections.map((connection) => new RedisConnectionRegistry(connection, clock));
    const [first] = connections;
    if (!first) throw new Error('there are clients');
    redis = first;
    registry = registryAt(0);
  });
  afterEach(() => deleteAll(redis));

  function registryAt(index: number): RedisConnectionRegistry {
    const found = registries[index % registries.length];
    if (!found) throw new Error('there are registries');
    return found;
  }

  /** Connects all of them at once, each through another client. Returns those who came online. */
  async function connectAll(serverId: string, userIds: readonly UserId[]): Promise<UserId[]> {
    const came = await Promise.all(userIds.map((userId, index) => registryAt(index).connect(serverId, userId)));
    return userIds.filter((_, index) => came[index]);
  }

  /** More registrations of each kind than one step of dropping a server removes. */
  async function registerMany(serverId: string): Promise<UserId[]> {
    const userIds = newIds(1_300);
    await connectAll(serverId, userIds);
    await registry.watch(serverId, newIds(2_300));
    await Promise.all(newIds(600).map((id) => registry.addInterest(serverId, id)));
    return userIds.sort();
  }

  test('leave no keys of closed or dropped servers, however many registrations they had', async () => {
    for (const serverId of [north, south]) await registry.openServer(serverId, leaseMs, 2);
    const onNorth = await registerMany(north);
    const onSouth = await registerMany(south);
    const [both = ''] = onNorth;
    await registry.connect(south, both);
    const watchedByBoth = newIds(3);
    for (const serverId of [north, south]) await registry.watch(serverId, watchedByBoth);
    await registry.generation();

    expect((await registry.closeServer(north)).sort()).toEqual(onNorth.filter((userId) => userId !== both));
    expect(await registry.onlineCount()).toBe(onSouth.length + 1);
    expect(await registry.watchersOf(watchedByBoth)).toEqual(new Map(watchedByBoth.map((id) => [id, [south]])));
    clock.advance(leaseMs);
    expect(await registry.onlineCount()).toBe(0);
    expect(await registry.liveServers()).toEqual([]);
    expect((await registry.expireServers()).sort()).toEqual([...onSouth, both].sort());
    expect(await keysOf(redis)).toEqual(['generation']);
  });

  test('leave no keys of registrations that were removed one by one', async () => {
    const [ana = '', large = ''] = newIds(2);
    await registry.openServer(north, leaseMs);
    await registry.connect(north, ana);
    await registry.watch(north, [ana]);
    await registry.addInterest(north, large);
    await registry.setOnlineMembers(north, large, 3);
    await registry.disconnect(north, ana);
    await registry.unwatch(north, [ana]);
    await registry.dropInterest(north, large);
    expect(await keysOf(redis)).toEqual(['leases']);
  });

  test('report each user who went offline to one caller when many drop servers at once', async () => {
    for (const serverId of [north, south]) await registry.openServer(serverId, leaseMs);
    const onNorth = await registerMany(north);
    const onSouth = await registerMany(south);
    await connectAll(south, onNorth.slice(0, 700));
    clock.advance(leaseMs);
    const told = await Promise.all([...registries, ...registries].map((each) => each.expireServers()));
    expect(told.flat().sort()).toEqual([...onNorth, ...onSouth].sort());
  });

  test('a half-dropped server is no longer live, and the next caller gets the remaining users', async () => {
    await registry.openServer(north, leaseMs);
    const userIds = await registerMany(north);
    // Another machine's clock is ahead; by this machine's clock the lease would be valid.
    const answer = await redis.run('dropServer', clock.nowMs() + leaseMs, 500);
    const [again, offline] = answer as [number, UserId[]];
    expect(again).toBe(1);
    expect(offline).toHaveLength(500);

    expect(await registry.renewLease(north, leaseMs)).toBe(false);
    await expect(registry.connect(north, offline[0] ?? '')).rejects.toThrow(Unavailable);
    expect(await registry.online(userIds)).toEqual(new Set());
    expect(await registry.onlineCount()).toBe(0);
    await expect(registry.openServer(north, leaseMs)).rejects.toThrow(Unavailable);
    const rest = await registryAt(1).expireServers();
    expect([...offline, ...rest].sort()).toEqual(userIds);
    expect(await keysOf(redis)).toEqual([]);
  });

  test('keep a user online who reconnects elsewhere while the dead server is dropped, and report nobody twice', async () => {
    await registry.openServer(north, leaseMs);
    const userIds = await registerMany(north);
    clock.advance(leaseMs);
    await registry.openServer(south, leaseMs);
    const [came, ...told] = await Promise.all([
      connectAll(south, userIds),
      ...registries.map((each) => each.expireServers()),
    ]);
    expect(came.sort()).toEqual(userIds);
    const offline = told.flat();
    expect(new Set(offline).size).toBe(offline.length);
    expect(await registry.serversOf(userIds)).toEqual(new Map([[south, userIds]]));
    expect((await registry.closeServer(south)).sort()).toEqual(userIds);
  });

  test('report each arrival and departure once, whatever happens concurrently', async () => {
    const happening = fc.record({
      kind: fc.constantFrom('connect', 'connect', 'disconnect', 'close'),
      server: fc.nat({ max: 2 }),
      user: fc.nat({ max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 60 }), async (happenings) => {
        const [serverIds, userIds] = [newIds(3), newIds(3)];
        for (const serverId of serverIds) await registry.openServer(serverId, leaseMs);
        const balance = new Map(userIds.map((userId) => [userId, 0]));
        const count = (userId: UserId, by: number) => balance.set(userId, (balance.get(userId) ?? 0) + by);
        await Promise.all(
          happenings.map(async ({ kind, server, user }, index) => {
            const [each, serverId = '', userId = ''] = [registryAt(index), serverIds[server], userIds[user]];
            // A connection to a server that was closed before is refused.
            if (kind === 'connect') count(userId, (await each.connect(serverId, userId).catch(() => false)) ? 1 : 0);
            else if (kind === 'disconnect') count(userId, (await each.disconnect(serverId, userId)) ? -1 : 0);
            else for (const offline of await each.closeServer(serverId)) count(offline, -1);
          }),
        );
        const online = await registry.online(userIds);
        expect(balance).toEqual(new Map(userIds.map((userId) => [userId, online.has(userId) ? 1 : 0])));
      }),
      { numRuns: 100 },
    );
  });

  test('look up thousands at once, in the order of the ids', async () => {
    await registry.openServer(north, leaseMs);
    await registry.openServer(south, leaseMs);
    const userIds = newIds(2_500);
    const onSouth = userIds.filter((_, index) => index % 7 === 0);
    await connectAll(north, userIds.slice(0, 2_400));
    await connectAll(south, onSouth);
    expect(await registry.serversOf(userIds)).toEqual(
      new Map([
        [north, userIds.slice(0, 2_400)],
        [south, onSouth],
      ]),
    );
    expect(await registry.online(userIds)).toEqual(new Set([...userIds.slice(0, 2_400), ...onSouth]));
    await registry.watch(south, userIds);
    await registry.unwatch(south, userIds.slice(1_200));
    expect(await registry.watchersOf(userIds)).toEqual(
      new Map(userIds.map((userId, index) => [userId, index < 1_200 ? [south] : []])),
    );
    expect(await registry.watchersOf([])).toEqual(new Map());
    expect(await registry.interestedServers([])).toEqual(new Map());
  });

  test('acquire a lease again when the response was lost, and keep the registrations in between', async () => {
    const [ana = ''] = newIds(1);
    await registry.openServer(north, leaseMs);
    await registry.connect(north, ana);
    clock.advance(leaseMs - 1);
    await registry.openServer(north, leaseMs);
    clock.advance(leaseMs - 1);
    expect(await registry.serversOf([ana])).toEqual(new Map([[north, [ana]]]));
  });

  test('measure leases by the time of Redis, whatever the time of this machine is', async () => {
    const [here, elsewhere] = [new RedisConnectionRegistry(redis), new RedisConnectionRegistry(redis)];
    const [ana = ''] = newIds(1);
    const before = await timeOf(redis);
    await here.openServer(north, leaseMs * 60);
    const ends = Number(await redis.client.zscore(`${redis.prefix}leases`, north));
    expect(ends).toBeWithin(before + leaseMs * 60, (await timeOf(redis)) + leaseMs * 60 + 1);
    await here.connect(north, ana);
    await here.openServer(south, 0);
    setSystemTime(Date.now() + leaseMs * 600);
    try {
      expect(await elsewhere.expireServers()).toEqual([]);
      expect(await elsewhere.liveServers()).toEqual([north]);
      expect(await elsewhere.renewLease(south, leaseMs)).toBe(false);
      expect(await elsewhere.online([ana])).toEqual(new Set([ana]));
      expect(await here.renewLease(north, leaseMs * 60)).toBe(true);
    } finally {
      setSystemTime();
    }
  });

  test('refuse a server id that contains the separator', async () => {
    await expect(registry.openServer(`${north},${east}`, leaseMs)).rejects.toThrow(Unusable);
  });
});

/** The time of Redis, in milliseconds since the epoch. */
async function timeOf({ client }: RedisConnection): Promise<number> {
  const [seconds, microseconds] = await client.time();
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}
