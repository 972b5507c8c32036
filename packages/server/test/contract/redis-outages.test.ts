import { afterEach, expect, test } from 'bun:test';
import { Redis } from 'ioredis';
import { openRedis, type RedisConnection } from '../../src/adapters/redis/connection.ts';
import { confirmKeepsKeys } from '../../src/adapters/redis/eviction.ts';
import type { RedisTimeouts } from '../../src/adapters/redis/readiness.ts';
import { RedisConnectionRegistry } from '../../src/adapters/redis/registry.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { OwnRedis } from '../support/own-redis.ts';
import { until } from '../support/until.ts';
import { newIds } from './conversations-under-test.ts';
import { describeOnOwnRedis, eventually, rejection, SwallowingProxy } from './own-redis.ts';
import { keysOf, patientTimeouts } from './redis-under-test.ts';

const leaseMs = 600_000;
const [north = '', ana = '', ben = ''] = newIds(3);

const started: OwnRedis[] = [];
const opened: RedisConnection[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((redis) => redis.remove()));
  await Promise.all(opened.splice(0).map((redis) => redis.close()));
});

async function start(...settings: string[]): Promise<OwnRedis> {
  const redis = await OwnRedis.start(...settings);
  started.push(redis);
  return redis;
}

function open(url: string, timeouts?: RedisTimeouts): RedisConnection {
  const redis = openRedis({ url, prefix: 'parley', report: () => undefined }, timeouts);
  opened.push(redis);
  return redis;
}

const registryOn = (redis: RedisConnection) => new RedisConnectionRegistry(redis);

/** Every kind of call: a script, a pipeline, the generation. */
const calls: ((registry: RedisConnectionRegistry) => Promise<unknown>)[] = [
  (registry) => registry.connect(north, ana),
  (registry) => registry.serversOf([ana]),
  (registry) => registry.generation(),
  (registry) => registry.expireServers(),
];

async function expectUnavailable(registry: RedisConnectionRegistry): Promise<void> {
  for (const error of await Promise.all(calls.map((call) => rejection(call(registry))))) {
    expect(error).toBeInstanceOf(Unavailable);
    expect((error as Unavailable).cause).toBeInstanceOf(Error);
  }
}

describeOnOwnRedis('a Redis', () => {
  test('that was flushed has a new generation', async () => {
    const redis = open((await start()).url);
    const registry = registryOn(redis);
    const before = await eventually(() => registry.generation());
    expect(await registry.generation()).toBe(before);
    await redis.client.flushall();
    expect(await registry.generation()).not.toBe(before);
  });

  test('that was killed and restarted from its snapshot has a new generation, because the last writes may be lost', async () => {
    const program = await start('--appendonly', 'yes', '--appendfsync', 'always');
    const registry = registryOn(open(program.url));
    await eventually(() => registry.openServer(north, leaseMs));
    const before = await registry.generation();
    await program.kill();
    await program.startAgain();
    const after = await eventually(() => registry.generation());
    expect(after).not.toBe(before);
    expect(await registry.renewLease(north, leaseMs)).toBe(true);
  });

  test('that is paused is unavailable, and is used again when it continues', async () => {
    const program = await start();
    const registry = registryOn(open(program.url));
    await eventually(() => registry.openServer(north, leaseMs));
    program.signal('SIGSTOP');
    // The first calls time out; later ones fail because there is no connection.
    for (let time = 0; time < 3; time++) await expectUnavailable(registry);
    program.signal('SIGCONT');
    await eventually(() => registry.connect(north, ben));
    expect(await registry.online([ben])).toEqual(new Set([ben]));
  });

  test('that answers every command too late counts as lost until it answers in time', async () => {
    const proxy = await SwallowingProxy.to((await start()).port);
    const redis = open(`redis://127.0.0.1:${proxy.port}`);
    const registry = registryOn(redis);
    await eventually(() => registry.openServer(north, leaseMs));
    expect(redis.isLost).toBe(false);
    proxy.answerAfterMs = 1_500;
    await until('it counts as lost', async () => {
      expect(await rejection(registry.generation())).toBeInstanceOf(Unavailable);
      return redis.isLost;
    });
    // It is connected, and not used: calls do not wait for it.
    for (let time = 0; time < 3; time++) await expectUnavailable(registry);
    expect(redis.isLost).toBe(true);
    proxy.answerAfterMs = 0;
    await eventually(() => registry.connect(north, ben));
    expect(redis.isLost).toBe(false);
    proxy.close();
  });

  test('carries out no command of an earlier connection once a later one is used', async () => {
    const program = await start();
    const proxy = await SwallowingProxy.to(program.port);
    const other = open(program.url);
    await eventually(() => registryOn(other).openServer(north, leaseMs));
    const connections = async () =>
      String(await other.client.client('LIST'))
        .trim()
        .split('\n').length;
    const registry = registryOn(open(`redis://127.0.0.1:${proxy.port}`));
    await registry.connect(north, ana);
    const before = await connections();
    const passOn = proxy.hold();
    expect(await rejection(registry.disconnect(north, ana))).toBeInstanceOf(Unavailable);
    // Until the connection is given up and replaced.
    await eventually(() => registry.online([ana]));
    await registry.connect(north, ana);
    expect(await connections()).toBe(before);
    passOn();
    expect(await registry.online([ana])).toEqual(new Set([ana]));
    proxy.close();
  });

  test('that was killed is unavailable, and refused calls are not carried out when it is back', async () => {
    const program = await start();
    const registry = registryOn(open(program.url));
    await eventually(() => registry.openServer(north, leaseMs));
    program.signal('SIGSTOP');
    const underWay = expectUnavailable(registry);
    const opening = rejection(registry.openServer(north, leaseMs));
    await program.kill();
    await underWay;
    expect(await opening).toBeInstanceOf(Unavailable);
    await expectUnavailable(registry);
    const refused = Array.from({ length: 100 }, () => rejection(registry.openServer(north, leaseMs)));
    for (const error of await Promise.all(refused)) expect(error).toBeInstanceOf(Unavailable);
    await program.startAgain();
    await eventually(() => registry.generation());
    expect(await registry.renewLease(north, leaseMs)).toBe(false);
    await eventually(() => registry.openServer(north, leaseMs));
    expect(await registry.connect(north, ana)).toBe(true);
  });

  test('that became a replica is unavailable, and is looked up by its name again until it can write', async () => {
    const [program, primary] = [await start(), await start()];
    const redis = open(program.url);
    const registry = registryOn(redis);
    await eventually(() => registry.openServer(north, leaseMs));
    const administration = open(program.url);
    const asReplica = async (of: [string, string]) =>
      eventually(() => administration.pipeline((pipeline) => pipeline.replicaof(...of)));
    await asReplica(['127.0.0.1', String(primary.port)]);
    const connections = () => eventually(async () => /total_connections_received:(\d+)/.exec(await infoOf(redis))?.[1]);
    const before = Number(await connections());
    expect(await rejection(registry.openServer(north, leaseMs))).toMatchObject({
      name: 'Unavailable',
      message: expect.stringContaining('READONLY'),
    });
    expect(Number(await connections())).toBeGreaterThan(before);
    await asReplica(['NO', 'ONE']);
    await eventually(() => registry.openServer(north, leaseMs));
  });

  test('that is loading its snapshot is unavailable until that is done', async () => {
    const program = await start('--appendonly', 'yes');
    const registry = registryOn(open(program.url));
    await eventually(() => registry.generation());
    // This client waits as long as filling Redis takes, and gets responses while Redis is loading.
    const administration = new Redis(program.url, { enableReadyCheck: false });
    administration.on('error', () => undefined);
    await administration.eval("for i = 1, 200000 do redis.call('SET', 'k' .. i, i) end", 0);
    await program.kill();
    await program.startAgain('--key-load-delay', '100');
    await expectUnavailable(registry);
    await administration.config('SET', 'key-load-delay', '0');
    administration.disconnect();
    expect(await eventually(() => registry.online([ana]))).toEqual(new Set());
  });

  test('that is a node of a cluster serves if it has the slot of the prefix, in which all keys are', async () => {
    const program = await start('--cluster-enabled', 'yes');
    const redis = open(program.url);
    const registry = registryOn(redis);
    expect(await rejection(registry.openServer(north, leaseMs))).toBeInstanceOf(Unavailable);
    await redis.client.cluster('ADDSLOTSRANGE', 0, 16_383);
    await eventually(() => registry.openServer(north, leaseMs));
    await registry.connect(north, ana);
    await registry.watch(north, [ana, ben]);
    await registry.addInterest(north, newIds(1)[0] ?? '');
    expect(await registry.serversOf([ana])).toEqual(new Map([[north, [ana]]]));
    const keys = await keysOf(redis);
    expect(keys.length).toBeGreaterThan(5);
    const slots = await redis.pipeline((pipeline) => {
      for (const key of keys) pipeline.cluster('KEYSLOT', redis.prefix + key);
    });
    expect(new Set(slots).size).toBe(1);
    expect(await registry.closeServer(north)).toEqual([ana]);
  });
});

describeOnOwnRedis('a Redis with limited memory', () => {
  test.each(['noeviction', 'volatile-lru'])('serves with the policy %s', async (policy) => {
    const program = await start('--maxmemory', '100mb', '--maxmemory-policy', policy);
    const redis = open(program.url);
    await eventually(() => confirmKeepsKeys(redis));
  });

  test('does not serve with a policy that may evict any key', async () => {
    const program = await start('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru');
    const redis = open(program.url);
    expect(await rejection(eventually(() => confirmKeepsKeys(redis)))).toMatchObject({
      name: 'Unusable',
      message: expect.stringContaining('allkeys-lru'),
    });
    await redis.client.config('SET', 'maxmemory', '0');
    await confirmKeepsKeys(redis);
  });

  test('that is full is unavailable', async () => {
    const program = await start('--maxmemory', '1');
    const redis = open(program.url);
    await eventually(() => redis.pipeline((pipeline) => pipeline.ping()));
    const registry = registryOn(redis);
    expect(await rejection(registry.openServer(north, leaseMs))).toMatchObject({
      name: 'Unavailable',
      message: expect.stringContaining('OOM'),
    });
  });
});

describeOnOwnRedis('a connection', () => {
  test('that was closed fails only the calls under way', async () => {
    const program = await start();
    const way = await SwallowingProxy.to(program.port);
    const registry = registryOn(open(`redis://127.0.0.1:${way.port}`, patientTimeouts));
    await registry.openServer(north, leaseMs);
    way.swallow();
    const underWay = rejection(registry.connect(north, ana));
    // The response is lost. Calls made while the client notices that wait for the next connection.
    const next = underWay.then(() => registry.connect(north, ben));
    setImmediate(() => way.cut());
    expect(await underWay).toBeInstanceOf(Unavailable);
    expect(await next).toBe(true);
    way.close();
  });

  test('that the other side closed is not written to: a call at that moment waits for the next connection', async () => {
    const program = await start();
    const way = await SwallowingProxy.to(program.port);
    const redis = open(`redis://127.0.0.1:${way.port}`, patientTimeouts);
    const registry = registryOn(redis);
    await registry.openServer(north, leaseMs);
    way.cut();
    await until('the connection is no longer writable', () => !redis.client.stream.writable, { pauseMs: 0 });
    expect(await registry.liveServers()).toEqual([north]);
    way.close();
  });

  test('that died without being closed is replaced', async () => {
    const program = await start();
    const way = await SwallowingProxy.to(program.port);
    const registry = registryOn(open(`redis://127.0.0.1:${way.port}`));
    await eventually(() => registry.openServer(north, leaseMs));
    way.swallow();
    expect(await rejection(registry.connect(north, ana))).toBeInstanceOf(Unavailable);
    expect(await eventually(() => registry.connect(north, ana))).toBe(true);
    way.close();
  });
});

function infoOf(redis: RedisConnection): Promise<string> {
  return redis.pipeline((pipeline) => pipeline.info('stats')).then(([info]) => String(info));
}
