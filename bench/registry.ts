// The connection registry on a real Redis: the cost of look-ups, connects and leases, and of dropping dead servers.
//   npm run services -- up; npx bun bench/registry.ts [--redis redis://127.0.0.1:6379] [--users 100000] [--servers 20]
//
// 2 shared cores (AMD EPYC), Bun 1.4.5, Redis 7.0 on the same machine, worst of four runs:
//   connect, disconnect, renewLease, 1,000 at once   78,000, 100,000 and 72,000 a second
//   each of them alone                                p50 0.1, p99 0.2 ms
//   serversOf 1,000 users                             p50 1.2, p99 5.3 ms
//   closing 20 servers with 50,000 users              500 ms, others served meanwhile
//   memory                                            238 bytes of Redis a connected user
import { parseArgs } from 'node:util';
import { openRedis } from '../packages/server/src/adapters/redis/connection.ts';
import { RedisConnectionRegistry } from '../packages/server/src/adapters/redis/registry.ts';
import { newIds } from '../packages/server/test/contract/conversations-under-test.ts';
import { serviceAddress } from '../packages/server/test/support/services.ts';
import { machine } from './bench-server.ts';
import { Latencies } from './latencies.ts';

const { values } = parseArgs({
  options: {
    redis: { type: 'string', default: serviceAddress('redis') ?? 'redis://127.0.0.1:6379' },
    users: { type: 'string', default: '100000' },
    servers: { type: 'string', default: '20' },
  },
});
const leaseMs = 600_000;
const userIds = newIds(Number(values.users));
const serverIds = newIds(Number(values.servers));
const [firstServer = ''] = serverIds;
const conversationIds = newIds(100);

console.log(machine());
const redis = openRedis({ url: values.redis, prefix: `bench-${Bun.randomUUIDv7()}`, report: console.error });
const registry = new RedisConnectionRegistry(redis);
for (const serverId of serverIds) await registry.openServer(serverId, leaseMs);

const memoryBefore = await usedBytes();
await flood('connect', userIds.length, (index) => registry.connect(serverAt(index), userIds[index] ?? ''));
const bytesAUser = Math.round(((await usedBytes()) - memoryBefore) / userIds.length);
console.log(`${bytesAUser} bytes of Redis a connected user`);
for (const serverId of serverIds) for (const id of conversationIds) await registry.addInterest(serverId, id);

await oneByOne('renewLease', 2_000, () => registry.renewLease(firstServer, leaseMs));
await oneByOne('generation', 2_000, () => registry.generation());
await oneByOne('connect again', 2_000, (index) => registry.connect(serverAt(index), userIds[index] ?? ''));
await oneByOne('serversOf 1,000 users', 500, () => registry.serversOf(some(userIds, 1_000)));
await oneByOne('serversOf 10,000 users', 50, () => registry.serversOf(some(userIds, 10_000)));
await oneByOne('online of 100 users', 2_000, () => registry.online(some(userIds, 100)));
await oneByOne(`interestedServers of 100, ${serverIds.length} servers each`, 200, () =>
  registry.interestedServers(conversationIds),
);
await oneByOne('watch 500 users', 200, () => registry.watch(firstServer, some(userIds, 500)));
await oneByOne('watchersOf 100 users', 2_000, () => registry.watchersOf(some(userIds, 100)));
await oneByOne('onlineCount', 2_000, () => registry.onlineCount());
await flood('renewLease', 50_000, (index) => registry.renewLease(serverAt(index), leaseMs));
await flood('disconnect', userIds.length / 2, (index) => registry.disconnect(serverAt(index), userIds[index] ?? ''));

const dropping = Bun.nanoseconds();
const dropped = await Promise.all(serverIds.map((serverId) => registry.closeServer(serverId)));
const droppedMs = (Bun.nanoseconds() - dropping) / 1e6;
console.log(`closing ${serverIds.length} servers with ${dropped.flat().length} users: ${droppedMs.toFixed(0)} ms`);
await redis.client.unlink(`${redis.prefix}generation`);
await redis.close();

function serverAt(index: number): string {
  return serverIds[index % serverIds.length] ?? '';
}

/** `count` consecutive ids from a random position. */
function some(ids: readonly string[], count: number): string[] {
  const from = Math.floor(Math.random() * Math.max(1, ids.length - count));
  return ids.slice(from, from + count);
}

async function usedBytes(): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.client.info('memory'))?.[1]);
}

async function oneByOne(what: string, times: number, call: (index: number) => Promise<unknown>): Promise<void> {
  const latencies = new Latencies();
  for (let index = 0; index < times; index++) {
    const startMs = performance.now();
    await call(index);
    latencies.add(performance.now() - startMs);
  }
  console.log(`${what.padEnd(44)} ${latencies}`);
}

/** Makes `count` calls, a thousand at a time. */
async function flood(what: string, count: number, call: (index: number) => Promise<unknown>): Promise<void> {
  const startMs = performance.now();
  for (let from = 0; from < count; from += 1_000) {
    await Promise.all(Array.from({ length: Math.min(1_000, count - from) }, (_, offset) => call(from + offset)));
  }
  const perSecond = Math.round((count / (performance.now() - startMs)) * 1_000);
  console.log(`${what}, 1,000 at once`.padEnd(44), `${perSecond.toLocaleString('en')}/s`);
}
