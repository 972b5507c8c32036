import { afterEach, beforeEach, expect, test } from 'bun:test';
import { openRedis, type RedisConnection } from '../../src/adapters/redis/connection.ts';
import { DividedConnectionRegistry } from '../../src/adapters/redis/divided-registry.ts';
import { defaultRedisTimeouts } from '../../src/adapters/redis/readiness.ts';
import { RedisConnectionRegistry } from '../../src/adapters/redis/registry.ts';
import type { RegistryPart } from '../../src/connections/registry-port.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { OwnRedis } from '../support/own-redis.ts';
import { patienceMs } from '../support/patience.ts';
import { openServer } from '../support/registry-leases.ts';
import { until } from '../support/until.ts';
import { newIds } from './conversations-under-test.ts';
import { describeOnOwnRedis, eventually, rejection } from './own-redis.ts';

const leaseMs = 600_000;
const patientCalls = { ...defaultRedisTimeouts, commandMs: patienceMs, silenceMs: patienceMs };
const [north = '', south = ''] = newIds(2);

describeOnOwnRedis('a registry on two Redis servers', () => {
  let programs: OwnRedis[];
  let opened: RedisConnection[];
  let clock: FakeClock;
  let registry: DividedConnectionRegistry;
  /** The first server, which goes on, and the second, which fails. */
  let healthy: RegistryPart;
  let failing: RegistryPart;

  beforeEach(async () => {
    programs = await Promise.all([OwnRedis.start(), OwnRedis.start()]);
    opened = [];
    clock = new FakeClock();
    registry = await open();
    [healthy, failing] = registry.parts as unknown as [RegistryPart, RegistryPart];
    for (const serverId of [north, south]) await openServer(registry, serverId, leaseMs);
  });
  afterEach(async () => {
    await Promise.all(opened.map((redis) => redis.close()));
    await Promise.all(programs.map((program) => program.remove()));
  });

  /** The registry of a process. By default, a call that takes long does not count as lost: a busy machine delays many. */
  async function open(timeouts = patientCalls): Promise<DividedConnectionRegistry> {
    const servers = programs.map((program, index) => {
      const redis = openRedis({ url: program.url, prefix: 'parley', report: () => undefined }, timeouts);
      opened.push(redis);
      return { name: `server ${index}`, registry: new RedisConnectionRegistry(redis) };
    });
    const made = new DividedConnectionRegistry(servers, clock);
    for (const redis of opened) await eventually(() => redis.pipeline((pipeline) => pipeline.ping()));
    return made;
  }

  const idsOf = (part: RegistryPart, count = 3) =>
    newIds(200)
      .filter((id) => registry.partOf(id).name === part.name)
      .slice(0, count);

  async function lose(of = registry): Promise<void> {
    await programs[1]?.kill();
    await until('the second server is given up', async () => {
      await failing.liveServers().catch(() => undefined);
      return of.parts[1]?.isLost === true;
    });
  }

  const commandsOf = async () =>
    Promise.all(
      opened.slice(0, 2).map(async ({ client }) => {
        const info = await client.info('commandstats');
        const calls = (command: string) =>
          Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(info)?.[1] ?? 0);
        return { lookUps: calls('hmget'), scripts: calls('evalsha') };
      }),
    );

  test('looks the recipients of a message up by one call at each server that has some of them', async () => {
    const [here, there] = [idsOf(healthy, 20), idsOf(failing, 20)];
    for (const userId of [...here, ...there]) await registry.connect(north, userId);
    // The servers know the script from now on.
    await registry.serversOf([...here, ...there]);
    const before = await commandsOf();
    const calls = async (userIds: string[]) => {
      const start = await commandsOf();
      await registry.serversOf(userIds);
      const end = await commandsOf();
      return end.map(({ lookUps, scripts }, index) => [
        lookUps - (start[index]?.lookUps ?? 0),
        scripts - (start[index]?.scripts ?? 0),
      ]);
    };
    expect(await calls([...here, ...there])).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(await calls(here)).toEqual([
      [1, 1],
      [0, 0],
    ]);
    expect(await calls([])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(before).toHaveLength(2);
  });

  test('spreads users evenly, and keeps nothing of a user on the other server', async () => {
    const userIds = newIds(400);
    await Promise.all(userIds.map((userId) => registry.connect(north, userId)));
    const counts = await Promise.all(opened.slice(0, 2).map(({ client, prefix }) => client.hlen(`${prefix}users`)));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(400);
    for (const count of counts) expect(count).toBeWithin(140, 261);
    expect(await registry.onlineCount()).toBe(400);
  });

  test('goes on for the users of one server while the other is down, whose users count as offline', async () => {
    const [[ana = '', large = ''], [ben = '', lost = '']] = [idsOf(healthy), idsOf(failing)];
    for (const userId of [ana, ben]) await registry.connect(north, userId);
    await lose();
    expect(await registry.serversOf([ana, ben])).toEqual(new Map([[north, [ana]]]));
    expect(await registry.online([ana, ben])).toEqual(new Set([ana]));
    expect(await registry.onlineCount()).toBe(1);
    expect(await registry.connect(south, ana)).toBe(false);
    expect(await rejection(registry.connect(north, ben))).toBeInstanceOf(Unavailable);
    await registry.watch(north, [ana, ben]);
    expect(await registry.watchersOf([ana, ben])).toEqual(
      new Map([
        [ana, [north]],
        [ben, []],
      ]),
    );
    for (const id of [large, lost]) await registry.addInterest(north, id);
    expect(await registry.interestedServers([large, lost])).toEqual(
      new Map([
        [large, [north]],
        [lost, []],
      ]),
    );
    expect((await registry.liveServers()).sort()).toEqual([north, south].sort());
    expect(await registry.expireServers()).toEqual([]);
    expect(await healthy.renewLease(north, leaseMs)).toBe(true);
    expect(await rejection(failing.generation())).toBeInstanceOf(Unavailable);
  });

  test('has a new generation of the server that look-ups of another process left out, and of no other', async () => {
    const distributor = await open();
    const userIds = [...idsOf(healthy), ...idsOf(failing)];
    const before = await Promise.all([healthy, failing].map((part) => part.generation()));
    // The distributor alone is cut off: the data of the server stay.
    await opened[3]?.client.disconnect();
    await until('the distributor gives the server up', () => distributor.parts[1]?.isLost === true);
    await distributor.serversOf(userIds, { forEntries: true });
    clock.advance(30_000);
    expect(await healthy.generation()).toBe(before[0] ?? '');
    const after = await failing.generation();
    expect(after).not.toBe(before[1] ?? '');
    // It stays for as long as look-ups go on leaving the server out, for half a minute, and changes once when they end.
    for (let look = 0; look < 3; look++) {
      await distributor.interestedServers(userIds);
      clock.advance(1_000);
      expect(await failing.generation()).toBe(after);
    }
    clock.advance(2_000);
    const last = await failing.generation();
    expect(last).not.toBe(after);
    clock.advance(60_000);
    expect(await failing.generation()).toBe(last);
  });

  test('has a new generation of a server where interests or watches were not registered', async () => {
    registry = await open(defaultRedisTimeouts);
    [healthy, failing] = registry.parts as unknown as [RegistryPart, RegistryPart];
    const [lost = ''] = idsOf(failing);
    const before = await healthy.generation();
    programs[1]?.signal('SIGSTOP');
    await until('the second server is given up', async () => {
      await failing.liveServers().catch(() => undefined);
      return registry.parts[1]?.isLost === true;
    });
    await registry.addInterest(north, lost);
    programs[1]?.signal('SIGCONT');
    const after = await eventually(() => failing.generation());
    await registry.addInterest(north, lost);
    expect(await failing.generation()).toBe(after);
    expect(after).toEndWith('/1');
    expect(await healthy.generation()).toBe(before);
  });

  test('rejects look-ups while both servers are down, so that they are repeated', async () => {
    await lose();
    await programs[0]?.kill();
    const userIds = newIds(20);
    await until('the first server is given up', async () => {
      await healthy.liveServers().catch(() => undefined);
      return registry.parts[0]?.isLost === true;
    });
    expect(await rejection(registry.serversOf(userIds))).toBeInstanceOf(Unavailable);
    expect(await rejection(registry.online(userIds))).toBeInstanceOf(Unavailable);
  });
});
