import { afterEach, beforeEach, expect, test } from 'bun:test';
import { RedisServers } from '../../src/adapters/redis/servers.ts';
import { Unavailable, Unusable } from '../../src/platform/failures.ts';
import { OwnRedis } from '../support/own-redis.ts';
import { generation, openServer } from '../support/registry-leases.ts';
import { newIds } from './conversations-under-test.ts';
import { describeOnOwnRedis, eventually, rejection } from './own-redis.ts';

const shards = 64;
const leaseMs = 600_000;
const [north = '', ana = ''] = newIds(2);

describeOnOwnRedis('the marks of the Redis servers of a cluster', () => {
  let programs: OwnRedis[];
  let opened: RedisServers[];

  beforeEach(async () => {
    programs = await Promise.all([OwnRedis.start(), OwnRedis.start(), OwnRedis.start()]);
    opened = [];
  });
  afterEach(async () => {
    await Promise.all(opened.map((servers) => servers.close()));
    await Promise.all(programs.map((program) => program.remove()));
  });

  /** The servers of a process whose setting names these, each by its number, when they are connected. */
  async function process(servers: Record<string, number>): Promise<RedisServers> {
    const list = Object.entries(servers).map(([name, index]) => ({ name, url: programs[index]?.url ?? '' }));
    const redis = new RedisServers(list, { prefix: 'parley', report: () => undefined });
    opened.push(redis);
    for (const each of redis.connections) await eventually(() => each.pipeline((pipeline) => pipeline.ping()));
    return redis;
  }

  // A busy machine may let a call time out.
  const confirm = (redis: RedisServers, of: number) => eventually(() => redis.confirm(of));
  const replace = (redis: RedisServers, of: number) => eventually(() => redis.replace(of));

  /** The marks, by the number of the server. */
  const marks = () =>
    Promise.all(
      programs.map(async (_, index) => {
        const [redis] = (await process({ any: index })).connections;
        const [mark] =
          (await eventually(async () => redis?.pipeline((pipeline) => pipeline.get(`${redis.prefix}shards`)))) ?? [];
        return mark as string | null;
      }),
    );

  const refusal = async (redis: RedisServers, of = shards) => {
    const error = await rejection(confirm(redis, of));
    expect(error).toBeInstanceOf(Unusable);
    return (error as Unusable).message;
  };

  test('are set once and then compared, and set again after Redis lost them', async () => {
    for (let time = 0; time < 2; time++) await confirm(await process({ redis: 0 }), shards);
    expect(await refusal(await process({ redis: 0 }), 32)).toMatch(/64.*32/s);
    programs[0]?.command('FLUSHALL');
    await confirm(await process({ redis: 0 }), 32);
    expect(await refusal(await process({ redis: 0 }))).toMatch(/32.*64/s);
  });

  test('of one server are those of the previous version, whatever its name is', async () => {
    await confirm(await process({ only: 0 }), shards);
    await confirm(await process({ redis: 0 }), shards);
    expect(await marks()).toEqual(['64', null, null]);
  });

  test('allow the same servers in another order', async () => {
    await confirm(await process({ one: 0, two: 1 }), shards);
    await confirm(await process({ two: 1, one: 0 }), shards);
  });

  const disagreements: [string, Record<string, number>][] = [
    ['one more', { one: 0, two: 1, three: 2 }],
    ['one less', { one: 0 }],
    ['the other one alone', { two: 1 }],
    ['two exchanged', { one: 1, two: 0 }],
    ['another name', { one: 0, zwei: 1 }],
    ['another server in the place of one', { one: 0, three: 2 }],
  ];
  test.each(disagreements)('refuse a process with other servers, which marks none: %s', async (_, servers) => {
    await confirm(await process({ one: 0, two: 1 }), shards);
    const before = await marks();
    expect(await refusal(await process(servers))).toMatch(
      /marked as server (one|two) of one,two.*"parley cluster redis"/s,
    );
    expect(await marks()).toEqual(before);
  });

  test('refuse several servers where there was one', async () => {
    await confirm(await process({ redis: 0 }), shards);
    expect(await refusal(await process({ one: 0, two: 1 }))).toMatch(
      /the only Redis of its cluster.*server one of one,two/s,
    );
  });

  test('can be replaced, which refuses look-ups and leases of processes with the former servers, and ends them', async () => {
    const former = [await process({ redis: 0 }), await process({ redis: 0 })];
    for (const redis of former) await confirm(redis, shards);
    const [edge, distributor] = former.map((redis) => redis.registry());
    if (!edge || !distributor) throw new Error('there are two processes');
    await eventually(() => openServer(edge, north, leaseMs));
    await eventually(() => edge.connect(north, ana));

    const next = await process({ one: 0, two: 1 });
    await replace(next, shards);
    // Whichever call comes first, it does not return the former registrations.
    for (const call of [
      distributor.serversOf([ana]),
      distributor.interestedServers([ana]),
      generation(edge),
      edge.online([ana]),
      distributor.liveServers(),
    ]) {
      expect(await rejection(call)).toBeInstanceOf(Unavailable);
    }
    for (const redis of former) expect((await redis.replaced).message).toContain('--redis');
    await confirm(await process({ one: 0, two: 1 }), shards);
  });

  test('can be replaced by those of fewer servers', async () => {
    const former = await process({ one: 0, two: 1 });
    await confirm(former, shards);
    const registry = former.registry();
    await eventually(() => generation(registry));
    await replace(await process({ redis: 0 }), shards);
    expect(await rejection(registry.serversOf(newIds(50)))).toBeInstanceOf(Unavailable);
    expect((await former.replaced).message).toContain('the only Redis of its cluster');
  });

  test('are read, and not set, for a report, which names the servers that are unavailable', async () => {
    const report = await process({ one: 0, two: 1 });
    expect((await eventually(() => report.reachable(shards))).unavailable).toEqual(new Map());
    expect(await marks()).toEqual([null, null, null]);
    const running = await process({ one: 0, two: 1 });
    await confirm(running, shards);
    await eventually(() => openServer(running.registry(), north, leaseMs));
    await programs[1]?.kill();
    const half = await eventually(() => report.reachable(shards));
    expect([...half.unavailable.keys()]).toEqual(['two']);
    expect(half.unavailable.get('two')).toContain('does not answer');
    expect(await half.registry?.liveServers()).toEqual([north]);
    expect(await rejection(report.reachable(32))).toBeInstanceOf(Unusable);
    await programs[0]?.kill();
    const none = await eventually(() => report.reachable(shards));
    expect([none.registry, [...none.unavailable.keys()]]).toEqual([null, ['one', 'two']]);
  });

  test('are set again by a running process after Redis lost them', async () => {
    const redis = await process({ one: 0, two: 1 });
    await confirm(redis, shards);
    const registry = redis.registry();
    programs[1]?.command('FLUSHALL');
    expect(await eventually(() => registry.online(newIds(50)))).toEqual(new Set());
    await eventually(() => generation(registry));
    expect(await marks()).toEqual(['64 one one,two', '64 two one,two', null]);
  });
});
