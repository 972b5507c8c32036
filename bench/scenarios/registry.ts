import { openRedis } from '../../packages/server/src/adapters/redis/connection.ts';
import { RedisConnectionRegistry } from '../../packages/server/src/adapters/redis/registry.ts';
import { OwnRedis } from '../../packages/server/test/support/own-redis.ts';
import { Latencies } from '../measure/latencies.ts';
import { latencyColumns } from '../measure/measured.ts';
import { usedUs } from '../measure/processor-time.ts';
import type { Outcome, Row, Scenario } from '../scenario.ts';

const leaseMs = 600_000;
const atOnce = 1_000;
const ids = (count: number) => Array.from({ length: count }, () => Bun.randomUUIDv7());

export const registry: Scenario = {
  name: 'registry',
  summary:
    'The connection registry on a Redis of its own: look-ups, connects, leases, and the removal of dead servers, with ' +
    'the processor time of Redis.',
  shapes: ['cluster'],
  options: {
    users: { default: '100000', help: 'connected users' },
    servers: { default: '20', help: 'servers that they are connected to' },
  },
  quick: { users: '20000' },
  async run(parameters): Promise<Outcome> {
    const server = await OwnRedis.start();
    const redis = openRedis({ url: server.url, prefix: 'bench', report: console.error });
    try {
      const registered = new RedisConnectionRegistry(redis);
      const userIds = ids(parameters.number('users', 1_000, 10_000_000));
      const serverIds = ids(parameters.number('servers', 1, 1_000));
      const usedBytes = async () => Number(/used_memory:(\d+)/.exec(await redis.client.info('memory'))?.[1]);
      const used = { bytes: usedBytes, us: () => usedUs(server.pid) };
      const rows = await measured(registered, userIds, serverIds, used);
      return { rows, ratios: {} };
    } finally {
      await redis.close();
      await server.remove();
    }
  },
};

/** What Redis has used since its start. */
interface Used {
  bytes(): Promise<number>;
  us(): number;
}

async function measured(
  registered: RedisConnectionRegistry,
  userIds: readonly string[],
  serverIds: readonly string[],
  used: Used,
): Promise<Row[]> {
  const conversationIds = ids(100);
  const serverAt = (index: number) => serverIds[index % serverIds.length] ?? '';
  const userAt = (index: number) => userIds[index % userIds.length] ?? '';
  const some = (count: number) => {
    const from = Math.floor(Math.random() * Math.max(1, userIds.length - count));
    return userIds.slice(from, from + count);
  };
  for (const serverId of serverIds) await registered.openServer(serverId, leaseMs);
  const bytesBefore = await used.bytes();
  const connected = (index: number) => registered.connect(serverAt(index), userAt(index));
  const rows = [await flood('connect', userIds.length, connected, used)];
  const bytesConnected = await used.bytes();
  rows.push({ call: 'connect', 'bytes each': (bytesConnected - bytesBefore) / userIds.length });
  // Each server watches different people.
  const watchesEach = Math.floor(userIds.length / serverIds.length);
  for (const [index, serverId] of serverIds.entries()) {
    await registered.watch(serverId, userIds.slice(index * watchesEach, (index + 1) * watchesEach));
  }
  rows.push({
    call: 'watch',
    'bytes each': ((await used.bytes()) - bytesConnected) / (watchesEach * serverIds.length),
  });
  for (const serverId of serverIds) for (const id of conversationIds) await registered.addInterest(serverId, id);
  const alone: [call: string, times: number, make: (index: number) => Promise<unknown>][] = [
    ['renewLease', 2_000, () => registered.renewLease(serverAt(0), leaseMs)],
    ['generation', 2_000, () => registered.generation()],
    ['connect', 2_000, (index) => registered.connect(serverAt(index), userAt(index))],
    ['serversOf 1,000 users', 500, () => registered.serversOf(some(1_000))],
    ['serversOf 10,000 users', 50, () => registered.serversOf(some(10_000))],
    ['online of 100 users', 2_000, () => registered.online(some(100))],
    ['interestedServers of 100 conversations', 200, () => registered.interestedServers(conversationIds)],
    ['watch 500 users', 200, () => registered.watch(serverAt(0), some(500))],
    ['watchersOf 100 users', 2_000, () => registered.watchersOf(some(100))],
    ['onlineCount', 2_000, () => registered.onlineCount()],
  ];
  for (const [call, times, make] of alone) rows.push(await oneByOne(call, times, make, used));
  rows.push(await flood('renewLease', 50_000, (index) => registered.renewLease(serverAt(index), leaseMs), used));
  const disconnected = (index: number) => registered.disconnect(serverAt(index), userAt(index));
  rows.push(await flood('disconnect', userIds.length >> 1, disconnected, used));
  const startMs = performance.now();
  const dropped = (await Promise.all(serverIds.map((serverId) => registered.closeServer(serverId)))).flat();
  const left = userIds.length - (userIds.length >> 1);
  if (dropped.length !== left) throw new Error(`the closed servers had ${dropped.length} of ${left} users`);
  rows.push({ call: `closeServer of all with ${left} users`, 'all ms': performance.now() - startMs });
  return rows;
}

async function oneByOne(
  call: string,
  times: number,
  make: (index: number) => Promise<unknown>,
  used: Used,
): Promise<Row> {
  const latencies = new Latencies();
  const usBefore = used.us();
  for (let index = 0; index < times; index++) {
    const startMs = performance.now();
    await make(index);
    latencies.add(performance.now() - startMs);
  }
  return { call, 'at once': 1, ...latencyColumns('call', latencies), 'Redis µs': (used.us() - usBefore) / times };
}

async function flood(call: string, count: number, make: (index: number) => Promise<unknown>, used: Used): Promise<Row> {
  const [startMs, usBefore] = [performance.now(), used.us()];
  for (let from = 0; from < count; from += atOnce) {
    await Promise.all(Array.from({ length: Math.min(atOnce, count - from) }, (_, offset) => make(from + offset)));
  }
  const perSecond = (count / (performance.now() - startMs)) * 1_000;
  return { call, 'at once': atOnce, 'calls /s': perSecond, 'Redis µs': (used.us() - usBefore) / count };
}
