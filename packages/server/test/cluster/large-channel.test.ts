import { expect, test } from 'bun:test';
import type { ConversationId, UserId } from '@parley/protocol';
import type { Adapters } from '../../src/compose/adapters.ts';
import { composeAdapters } from '../../src/compose/compose.ts';
import type { EntryCopy } from '../../src/connections/mailbox-port.ts';
import type { Command } from '../../src/conversations/command.ts';
import { serverCommandId } from '../../src/conversations/command-fields.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemIds, tokenHash } from '../../src/platform/ids.ts';
import { Server } from '../../src/process/server.ts';
import { loadConfig } from '../../src/settings/settings.ts';
import { ConversationsUnderTest } from '../contract/conversations-under-test.ts';
import { ClusterUnderTest } from '../support/cluster-services.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { WireClient } from '../support/wire-client.ts';

const members = 100_000;
const online = 2_000;
const messages = 5;
const batch = 500;
const helloAtOnce = 50;

const absent = withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');

test.skipIf(absent !== null)(
  titleWith(
    'a channel of 100,000 members, 2,000 of them online on two servers: one copy per server reaches everyone',
    absent,
  ),
  async () => {
    const cluster = await ClusterUnderTest.make();
    const config = loadConfig(
      { ...cluster.settings, port: '0', 'rate-limits': 'off', 'drain-ms': '0', 'max-connections-per-address': '5000' },
      {},
    );
    const adapters = await composeAdapters(config, systemClock);
    const { close } = adapters;
    adapters.close = async () => undefined;
    const copies: EntryCopy[] = [];
    const deliver = adapters.mailboxes.deliver.bind(adapters.mailboxes);
    adapters.mailboxes.deliver = (serverId, deliveries) => {
      for (const delivery of deliveries) {
        if (delivery.kind === 'entry' && delivery.entry.kind === 'message') copies.push(delivery);
      }
      return deliver(serverId, deliveries);
    };

    // Members who are never online need no account: routing reads only their participants.
    const conversations = new ConversationsUnderTest(adapters);
    const owner = systemIds.uuid();
    const conversationId = await conversations.createChannel(owner, 'Everybody');
    const people = Array.from({ length: online }, () => ({ userId: systemIds.uuid(), token: systemIds.token() }));
    const joining = [
      ...people.map(({ userId }) => userId),
      ...Array.from({ length: members - online - 1 }, systemIds.uuid),
    ];
    await joinAll(conversations, conversationId, joining);
    expect((await adapters.conversations.head(conversationId))?.memberCount).toBe(members);

    const servers = [new Server(config, adapters), new Server(config, adapters)];
    for (const server of servers) await server.start();
    const clients: WireClient[] = [];
    for (let from = 0; from < online; from += helloAtOnce) {
      const some = people.slice(from, from + helloAtOnce);
      clients.push(
        ...(await Promise.all(
          some.map((person, index) =>
            connected(adapters, person, `person${from + index}`, servers[index % servers.length]?.url ?? ''),
          ),
        )),
      );
    }

    const [speaker] = clients;
    for (let count = 0; count < messages; count++) {
      await speaker?.request({ type: 'send', conversationId, clientMessageId: `m${count}`, text: `message ${count}` });
    }
    const textsOf = ({ frames }: WireClient) =>
      frames.flatMap((frame) => (frame.type === 'entry' && frame.entry.kind === 'message' ? [frame.entry.text] : []));
    const all = Array.from({ length: messages }, (_, count) => `message ${count}`);
    for (const client of clients) {
      await client.until(() => (textsOf(client).length >= messages ? true : undefined));
      expect(textsOf(client)).toEqual(all);
    }
    expect(copies).toHaveLength(messages * servers.length);
    expect(copies.every(({ recipientIds, interested }) => interested && recipientIds.length === 0)).toBe(true);

    await Promise.all(clients.map((client) => client.close()));
    for (const server of servers) await server.stop();
    await close();
    await cluster.remove();
  },
);

async function joinAll(
  conversations: ConversationsUnderTest,
  conversationId: ConversationId,
  userIds: readonly UserId[],
): Promise<void> {
  for (let from = 0; from < userIds.length; from += batch) {
    const commands = userIds
      .slice(from, from + batch)
      .map((actorId): Command => ({ kind: 'join', conversationId, actorId, commandId: serverCommandId(actorId) }));
    await conversations.carryOut(...commands);
  }
}

/** Creates an account and a session, and connects. */
async function connected(
  { users }: Pick<Adapters, 'users'>,
  { userId, token }: { userId: UserId; token: string },
  name: string,
  url: string,
): Promise<WireClient> {
  const user = { id: userId, username: name, displayName: name, passwordHash: 'none', createdAtMs: 0 };
  await users.create({ user, administrator: false, invitation: null });
  const session = { id: systemIds.uuid(), userId, device: null, createdAtMs: 0, lastUsedAtMs: Date.now() };
  await users.createSession(session, tokenHash(token));
  return WireClient.hello(url, token);
}
