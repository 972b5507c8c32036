import { describe, expect, test } from 'bun:test';
import { limits } from '@parley/protocol';
import type { Adapters } from '../../src/compose/adapters.ts';
import type { ConnectionRegistry, RegistryPart } from '../../src/connections/registry-port.ts';
import { bothWaysEntries } from '../../src/distribution/route.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { ConversationsUnderTest, fields } from '../contract/conversations-under-test.ts';
import { ClusterUnderTest } from './cluster-under-test.ts';

/** The calls of ports that become requests to Redis, PostgreSQL and Kafka in a cluster. */
const calls = {
  commandLog: ['append'],
  history: ['apply', 'range', 'messageCountAt'],
  conversations: [
    'head',
    'headsAndParticipants',
    'participant',
    'members',
    'indexParticipants',
    'own',
    'readPositions',
    'withReadPosition',
  ],
  feedWriter: ['append'],
  mailboxes: ['deliver', 'serverIds'],
  registry: [
    'serversOf',
    'interestedServers',
    'online',
    'onlineMembers',
    'watchersOf',
    'watch',
    'connect',
    'addInterest',
    'setOnlineMembers',
    'renewLease',
    'expireServers',
    'liveServers',
    'generation',
  ],
} satisfies { [Port in keyof Ports]?: (keyof Ports[Port] & string)[] };

/** The registry in memory is its own only part. */
interface Ports extends Omit<Adapters, 'registry'> {
  registry: ConnectionRegistry & RegistryPart;
}

/** Counts the calls of the ports from now on, by name. */
function counted(adapters: Adapters): { take(): Record<string, number> } {
  let counts: Record<string, number> = {};
  for (const [port, names] of Object.entries(calls)) {
    // The methods are called as they are; only their number counts.
    const methods = adapters[port as keyof typeof calls] as unknown as Record<string, (...given: unknown[]) => unknown>;
    for (const name of names) {
      const call = methods[name]?.bind(methods);
      methods[name] = (...given) => {
        counts[`${port}.${name}`] = (counts[`${port}.${name}`] ?? 0) + 1;
        return call?.(...given);
      };
    }
  }
  return {
    take() {
      const taken = counts;
      counts = {};
      return taken;
    },
  };
}

/** Sends some messages from one server to a person on another, and returns the calls. */
async function callsOfDirectMessages(serverCount: number): Promise<Record<string, number>> {
  const cluster = await ClusterUnderTest.start(serverCount);
  const [first, second] = [serverAt(cluster, 0), serverAt(cluster, 1)];
  for (const [index, server] of cluster.servers.entries()) await server.connect(`bystander${index}`);
  const [ana, ben] = [await first.connect('ana'), await second.connect('ben')];
  const [{ userId: anaId }, { userId: benId }] = [await cluster.user('ana'), await cluster.user('ben')];
  const { id } = await first.conversations.openDirect(anaId, benId);
  const say = async (text: string) => {
    const { seq } = await first.messages.send(anaId, id, text, text);
    await Promise.all([ana, ben].map((socket) => socket.until(() => socket.seqs(id).find((each) => each === seq))));
  };
  // The first message shows the conversation.
  for (const text of ['first', 'second']) await say(text);
  const count = counted(cluster.adapters);
  for (let message = 0; message < 10; message++) await say(`message ${message}`);
  return count.take();
}

/** Sends some messages to a channel with as many offline members, and returns the calls. */
async function callsOfChannelMessages(serverCount: number, offline: number): Promise<Record<string, number>> {
  const cluster = await ClusterUnderTest.start(serverCount);
  const first = serverAt(cluster, 0);
  const { userId: ownerId } = await cluster.user('owner');
  const stored = new ConversationsUnderTest(cluster.adapters);
  const id = await stored.createChannel(ownerId, 'large');
  const names = cluster.servers.map((_, index) => `member${index}`);
  for (const name of names) await stored.join(id, (await cluster.user(name)).userId);
  const joins = Array.from({ length: offline }, () => ({ ...fields(id, systemIds.uuid()), kind: 'join' as const }));
  for (let from = 0; from < joins.length; from += bothWaysEntries) {
    await stored.carryOut(...joins.slice(from, from + bothWaysEntries));
  }
  const sockets = await Promise.all(cluster.servers.map((server, index) => server.connect(names[index] ?? '')));
  const say = async (text: string) => {
    const { seq } = await first.messages.send(ownerId, id, text, text);
    await Promise.all(sockets.map((socket) => socket.until(() => socket.seqs(id).find((each) => each === seq))));
  };
  await say('first');
  const count = counted(cluster.adapters);
  for (let message = 0; message < 10; message++) await say(`message ${message}`);
  return count.take();
}

function serverAt(cluster: ClusterUnderTest, index: number) {
  const server = cluster.servers[index];
  if (!server) throw new Error(`there is no server ${index}`);
  return server;
}

const broadcastMembers = limits.directFanOutMembers + bothWaysEntries;

describe('the calls to stores, registry, log and mailboxes', () => {
  test('for a message do not rise with the number of servers', async () => {
    const two = await callsOfDirectMessages(2);
    expect(two).toMatchObject({ 'commandLog.append': 10, 'history.apply': 10, 'mailboxes.deliver': 20 });
    for (const servers of [4, 8]) expect([servers, await callsOfDirectMessages(servers)]).toEqual([servers, two]);
  });

  test('for a message to a channel do not rise with its offline members, and with servers by one copy for each', async () => {
    const two = await callsOfChannelMessages(2, broadcastMembers);
    expect(two).toMatchObject({ 'history.apply': 10, 'mailboxes.deliver': 20 });
    expect(await callsOfChannelMessages(2, 4 * broadcastMembers)).toEqual(two);
    expect(await callsOfChannelMessages(8, broadcastMembers)).toEqual({ ...two, 'mailboxes.deliver': 80 });
  });

  test('of servers on which nothing happens are as many for each, and none for each group', async () => {
    const minuteMs = 60_000;
    const callsOf = async (servers: number, groups: number) => {
      const cluster = await ClusterUnderTest.start(servers);
      const { userId } = await cluster.user('member');
      const stored = new ConversationsUnderTest(cluster.adapters);
      const others = Array.from({ length: broadcastMembers }, systemIds.uuid);
      for (let group = 0; group < groups; group++) {
        const id = await stored.createChannel(userId, `channel ${group}`);
        await stored.carryOut(...others.map((other) => ({ ...fields(id, other), kind: 'join' as const })));
      }
      const sockets = await Promise.all(cluster.servers.map((server) => server.connect('member')));
      // Each server has reported how many members of the groups it has.
      cluster.clock.advance(2_000);
      await settled();
      const count = counted(cluster.adapters);
      for (let second = 0; second < minuteMs / 1_000; second++) {
        for (const socket of sockets) socket.receives({ type: 'ping' });
        cluster.clock.advance(1_000);
        await settled();
      }
      return count.take();
    };
    const [two, eight] = [await callsOf(2, 0), await callsOf(8, 0)];
    for (const name of ['registry.renewLease', 'registry.expireServers']) {
      expect([name, (eight[name] ?? 0) / 8]).toEqual([name, (two[name] ?? 0) / 2]);
    }
    // Once a minute, each server reports all of its groups again.
    expect((await callsOf(2, 5))['registry.setOnlineMembers'] ?? 0).toBe(2 * 5);
  });
});

/** Lets the promises settle that a step of the clock has started. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((next) => setImmediate(next));
}
