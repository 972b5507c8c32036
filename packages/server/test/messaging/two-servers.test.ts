import { describe, expect, test } from 'bun:test';
import { closeCodes, limits } from '@parley/protocol';
import type { MemoryConnectionRegistry } from '../../src/adapters/memory/registry.ts';
import type { Delivery } from '../../src/connections/mailbox-port.ts';
import { graceMs } from '../../src/messaging/attendance.ts';
import { slowReaderBytes } from '../../src/messaging/connection.ts';
import { leaseMs } from '../../src/messaging/part-lease.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { onlyPart } from '../support/registry-leases.ts';
import { until } from '../support/until.ts';
import { ClusterUnderTest } from './cluster-under-test.ts';

/** Two servers with a group of two: ana is on the first, ben on the second. */
async function twoServers() {
  const cluster = await ClusterUnderTest.start(2);
  const [first, second] = cluster.servers as [(typeof cluster.servers)[0], (typeof cluster.servers)[0]];
  const [{ userId: anaId }, { userId: benId }] = [await cluster.user('ana'), await cluster.user('ben')];
  const [ana, ben] = [await first.connect('ana'), await second.connect('ben')];
  const { id: groupId } = await first.conversations.createGroup(anaId, { name: 'g', userIds: [benId] });
  await ben.until(() => ben.seqs(groupId)[0]);
  let count = 0;
  const say = () => first.messages.send(anaId, groupId, `m${++count}`, 'text');
  return { cluster, first, second, ana, ben, anaId, benId, groupId, say };
}

describe('race 4: copies that are lost, doubled or reordered on the way to a server', () => {
  test('a lost copy is fetched once the next one shows the gap, and comes in order', async () => {
    const { cluster, ben, benId, groupId, say } = await twoServers();
    const lost = new Set([3, 4, 7]);
    cluster.tamper = without(lost, benId);
    for (let seq = 2; seq <= 8; seq++) await say();
    await ben.until(() => (ben.seqs(groupId).includes(8) ? true : undefined));
    expect(ben.seqs(groupId)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...lost]).toEqual([]);
    expect(cluster.failures).toEqual([]);
  });

  test('an entry of an unknown kind is passed on unchanged, and a delivery of an unknown kind is ignored', async () => {
    const { cluster, ben, groupId, say } = await twoServers();
    cluster.tamper = (deliveries) =>
      deliveries.flatMap((delivery) => {
        if (delivery.kind !== 'entry' || delivery.entry.seq !== 2) return [delivery];
        const entry = { ...delivery.entry, kind: 'reaction', emoji: '🎉' };
        return [
          { kind: 'poll', votes: 3 },
          { ...delivery, entry },
        ] as unknown as Delivery[];
      });
    await say();
    await say();
    await ben.until(() => (ben.seqs(groupId).length === 3 ? true : undefined));
    const reaction = ben.frames.find((frame) => frame.type === 'entry' && frame.entry.seq === 2);
    expect(reaction).toMatchObject({ entry: { kind: 'reaction', emoji: '🎉' } });
    expect(cluster.failures).toEqual([]);
  });

  test('entries delivered twice or late are sent once, in order', async () => {
    const { cluster, ben, groupId, say } = await twoServers();
    let kept: Delivery[] = [];
    cluster.tamper = (deliveries) => {
      const before = kept;
      kept = deliveries.filter(({ kind }) => kind === 'entry');
      // The deliveries of the last call come again after those of this one, which come twice.
      return [...deliveries, ...deliveries.filter(({ kind }) => kind === 'entry'), ...before];
    };
    for (let seq = 2; seq <= 20; seq++) await say();
    await ben.until(() => (ben.seqs(groupId).length >= 20 ? true : undefined));
    expect(ben.seqs(groupId)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  test('a user who connects after lost copies misses nothing and receives nothing old', async () => {
    const { cluster, second, ben, benId, groupId, say } = await twoServers();
    cluster.tamper = without(new Set([2, 3]), benId);
    ben.gone();
    await say();
    await say();
    const again = await second.connect('ben');
    await say();
    await again.until(() => again.seqs(groupId)[0]);
    expect(again.seqs(groupId)).toEqual([4]);
  });

  /** Loses the first copy of each of these numbers to this user. */
  function without(seqs: Set<number>, userId: string) {
    const isLost = (delivery: Delivery) =>
      delivery.kind === 'entry' && delivery.recipientIds.includes(userId) && seqs.delete(delivery.entry.seq);
    return (deliveries: readonly Delivery[]) => deliveries.filter((delivery) => !isLost(delivery));
  }
});

describe('contract 9: presence across servers', () => {
  test('a watcher on another server sees a user come online and, after the grace period, go offline', async () => {
    const { cluster, first, second, ana, ben, benId } = await twoServers();
    const { userId: cleoId } = await cluster.user('cleo');
    const cleo = await second.connect('cleo');
    expect(await ana.asks({ type: 'watch', userIds: [benId, cleoId] })).toMatchObject({
      users: [
        { userId: benId, online: true },
        { userId: cleoId, online: true },
      ],
    });
    const changes = () => ana.frames.flatMap((frame) => (frame.type === 'presence' && !frame.id ? frame.users : []));
    ben.gone();
    cleo.gone();
    cluster.clock.advance(graceMs - 1);
    // He reconnects to the other server within the grace period, which is not announced. Cleo, who leaves after him,
    // is.
    const elsewhere = await first.connect('ben');
    cluster.clock.advance(graceMs);
    await ana.until(() => changes()[0]);
    expect(changes()).toEqual([{ userId: cleoId, online: false }]);
    elsewhere.gone();
    cluster.clock.advance(graceMs);
    await ana.until(() => changes()[1]);
    expect(changes()[1]).toEqual({ userId: benId, online: false });
    cluster.clock.advance(limits.presenceIntervalMs);
    await second.connect('ben');
    await ana.until(() => changes()[2]);
    expect(changes().slice(2)).toEqual([{ userId: benId, online: true }]);
  });

  test('the users of a dead server go offline within its lease, announced by a live server', async () => {
    const { cluster, second, ana, benId } = await twoServers();
    await ana.asks({ type: 'watch', userIds: [benId] });
    // The second server stops renewing its lease, as if its process were gone.
    const part = onlyPart(cluster.adapters.registry);
    const renew = part.renewLease.bind(part);
    const dead = second.messaging.serverId;
    part.renewLease = (id, durationMs) => (id === dead ? new Promise(() => undefined) : renew(id, durationMs));
    const changes = () => ana.frames.flatMap((frame) => (frame.type === 'presence' && !frame.id ? frame.users : []));
    const announced: Delivery[] = [];
    cluster.tamper = (deliveries) => {
      announced.push(...deliveries.filter(({ kind }) => kind === 'presence'));
      return deliveries;
    };
    let passedMs = 0;
    await until('the client of ana shows ben as offline', () => {
      if (changes().length > 0) return true;
      ana.pongs();
      cluster.clock.advance(1_000);
      passedMs += 1_000;
      return false;
    });
    expect(changes()).toEqual([{ userId: benId, online: false }]);
    expect(await cluster.adapters.registry.online([benId])).toEqual(new Set());
    expect(passedMs).toBeGreaterThanOrEqual(leaseMs / 2);
    expect(passedMs).toBeLessThanOrEqual(30_000);
    // Watchers also read presence again from time to time, so that they see it without the announcement, but later.
    await until('the live server announces that ben is offline', () => announced.length > 0);
    expect(announced).toEqual([{ kind: 'presence', userId: benId, online: false }]);
  });

  test('presence changes of several users are batched, at most twice a second', async () => {
    const { cluster, second, ana } = await twoServers();
    const names = Array.from({ length: 20 }, (_, index) => `user${index}`);
    const userIds = await Promise.all(names.map(async (name) => (await cluster.user(name)).userId));
    await ana.asks({ type: 'watch', userIds });
    // Changes that come right after the snapshot wait for an interval too.
    cluster.clock.advance(limits.presenceIntervalMs);
    for (const name of names) await second.connect(name);
    const frames = () => ana.frames.filter((frame) => frame.type === 'presence' && !frame.id);
    const seen = () => frames().flatMap((frame) => (frame.type === 'presence' ? frame.users : []));
    await ana.until(() => frames()[0]);
    cluster.clock.advance(limits.presenceIntervalMs);
    await ana.until(() => (seen().length >= userIds.length ? true : undefined));
    expect(frames()).toHaveLength(2);
    expect(
      seen()
        .map(({ userId }) => userId)
        .sort(),
    ).toEqual([...userIds].sort());
  });
});

describe('sockets', () => {
  test("the server's own deadline closes a dead client although the server keeps sending (oven-sh/bun#39255)", async () => {
    const { cluster, ana, ben, groupId, say } = await twoServers();
    for (let passedMs = 0; passedMs <= limits.silenceMs + 1_000; passedMs += 1_000) {
      await say();
      ana.pongs();
      cluster.clock.advance(1_000);
    }
    expect(ben.seqs(groupId).length).toBeGreaterThan(10);
    expect(ben.closedWith).toBe(closeCodes.silent.code);
    expect(ben.pings).toBeGreaterThan(0);
    expect(ana.closedWith).toBeNull();
  });

  test('contract 7: a slow reader is told to resynchronise before anything is dropped', async () => {
    const { ben, groupId, say } = await twoServers();
    ben.buffered = slowReaderBytes + 1;
    await say();
    await ben.next('resync');
    expect(ben.closedWith).toBe(closeCodes.resync.code);
    expect(ben.seqs(groupId).at(-1)).toBe(2);
  });

  test('a session revoked while its hello was under way does not stay connected', async () => {
    const { cluster, first } = await twoServers();
    const { token, userId: eveId } = await cluster.user('eve');
    const socket = first.open();
    const { registry, users } = cluster.adapters;
    const connect = registry.connect.bind(registry);
    registry.connect = async (serverId, userId) => {
      await users.revokeSessions(eveId, null);
      return connect(serverId, userId);
    };
    socket.receives({ type: 'hello', token });
    await socket.until(() => socket.closedWith ?? undefined);
    expect(socket.closedWith).toBe(closeCodes.revoked.code);
    expect(socket.frames.map(({ type }) => type)).not.toContain('welcome');
  });

  test('a socket that closes while its watch is being registered leaves no watch behind', async () => {
    const { cluster, first, ana, anaId, benId } = await twoServers();
    const socket = await first.connect('cleo');
    const watched: unknown[] = [];
    const { registry } = cluster.adapters;
    const watch = registry.watch.bind(registry);
    registry.watch = (serverId, userIds) => {
      watched.push(...userIds);
      return watch(serverId, userIds);
    };
    socket.receives({ type: 'watch', id: 'w', userIds: [benId], conversationIds: [] });
    socket.gone();
    // A later request of the same kind is carried out after it.
    await ana.asks({ type: 'watch', userIds: [anaId], conversationIds: [] });
    expect(watched).toEqual([anaId]);
    expect(await registry.watchersOf([benId])).toEqual(new Map([[benId, []]]));
  });

  test('goaway comes with a delay of each client’s own, then the close', async () => {
    const { cluster, first, ana } = await twoServers();
    const others = await Promise.all(['user1', 'user2', 'user3'].map((name) => first.connect(name)));
    let isDrained = false;
    const drained = first.messaging.drain(4_000).then(() => {
      isDrained = true;
    });
    await until('the server is drained', () => {
      if (!isDrained) cluster.clock.advance(100);
      return isDrained;
    });
    await drained;
    const delays = [ana, ...others].map(({ frames }) => frames.find((frame) => frame.type === 'goaway'));
    expect(delays.map((frame) => frame?.type === 'goaway' && frame.delayMs).sort()).toEqual([0, 1_000, 2_000, 3_000]);
    for (const socket of [ana, ...others]) expect(socket.closedWith).toBe(closeCodes.goaway.code);
  });
});

describe('race 6 and 7: a server loses its lease, or the registry its data', () => {
  test('a server that lost its lease closes its sockets and continues under a new id', async () => {
    const { cluster, second, ben, groupId, say } = await twoServers();
    const before = second.messaging.serverId;
    await cluster.adapters.registry.closeServer(before);
    cluster.clock.advance(leaseMs / 4);
    await ben.until(() => ben.closedWith ?? undefined);
    expect(ben.closedWith).toBe(closeCodes.leaseLost.code);
    await until('the server has a new id', () => second.hasOtherId(before));
    const again = await second.connect('ben');
    await say();
    await again.until(() => again.seqs(groupId)[0]);
  });

  test('a command under way when the lease is lost fails at once, and delays no other', async () => {
    const { cluster, second, benId, groupId } = await twoServers();
    const before = second.messaging.serverId;
    let isLost = false;
    cluster.tamper = (deliveries) => {
      isLost ||= deliveries.some(({ kind }) => kind === 'outcome');
      return deliveries.filter(({ kind }) => kind !== 'outcome');
    };
    const sent = second.messages.send(benId, groupId, 'lost', 'text');
    const outcome = sent.catch((error: unknown) => error);
    await until('the outcome is lost', () => isLost);
    cluster.tamper = (same) => same;
    await cluster.adapters.registry.closeServer(before);
    cluster.clock.advance(leaseMs / 4);
    expect(await outcome).toBeInstanceOf(Unavailable);
    await until('the server has a new id', () => second.hasOtherId(before));
    expect(await second.messages.send(benId, groupId, 'next', 'text')).toMatchObject({ conversationId: groupId });
  });

  test('after the registry lost its data the server registers everything again, and clients resynchronise', async () => {
    const { cluster, second, ana, ben, anaId, benId, groupId, say } = await twoServers();
    const registry = cluster.adapters.registry as MemoryConnectionRegistry;
    registry.forget();
    expect(await registry.online([anaId, benId])).toEqual(new Set());
    cluster.clock.advance(leaseMs / 4);
    await until('both are registered again', async () => (await registry.online([anaId, benId])).size === 2);
    await until('both are closed', () => {
      const areClosed = [ana, ben].every((socket) => socket.closedWith !== null);
      if (!areClosed) cluster.clock.advance(1_000);
      return areClosed;
    });
    for (const socket of [ana, ben]) expect(socket.closedWith).toBe(closeCodes.resync.code);
    const again = await second.connect('ben');
    await say();
    await again.until(() => again.seqs(groupId)[0]);
  });
});
