import type { ConversationId, Entry, UserId } from '@parley/protocol';
import type { Delivery } from '../connections/mailbox-port.ts';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import { type ConversationHead, isBroadcast, type Participant } from '../conversations/conversation.ts';
import type { ConversationStore } from '../conversations/conversations-port.ts';
import type { RoutedAmendment } from './batch-amendments.ts';
import type { BatchResult } from './decide-batch.ts';
import { ParticipantsCache } from './participants-cache.ts';
import { type Audience, recipients, routesByParticipants } from './route.ts';

export type DeliveriesByServer = Map<string, Delivery[]>;

/** What a batch made for the servers of these users, and for those interested in its conversation. */
interface Routed {
  head: ConversationHead;
  userIds: Iterable<UserId>;
  copyFor(recipientIds: UserId[], interested: boolean): Delivery;
}

/** Finds the servers of those who get the entries and amendments of a batch. */
export class Router {
  private readonly participants: ParticipantsCache;

  constructor(
    private readonly ports: {
      registry: Pick<ConnectionRegistry, 'interestedServers' | 'serversOf'>;
      conversations: Pick<ConversationStore, 'members'>;
    },
  ) {
    this.participants = new ParticipantsCache(ports.conversations);
  }

  /**
   * Makes one copy of each entry and amendment for each server with recipients. Servers are looked up after the commit,
   * so that a client that connects meanwhile sees an entry in the snapshot, live, or both (race 2).
   */
  async route(result: BatchResult): Promise<DeliveriesByServer> {
    const { registry } = this.ports;
    const audiences = await this.audiences(result);
    const interested = await registry.interestedServers(broadcastIds(result));
    const routed = [
      ...result.entries.map((entry) => routedEntry(entry, result, audiences)),
      ...result.amendments.map((amendment) => routedAmendment(amendment, result, audiences)),
    ];
    const servers = serversByUser(
      await registry.serversOf([...new Set(routed.flatMap(({ userIds }) => [...userIds]))], { forEntries: true }),
    );
    const deliveries: DeliveriesByServer = new Map();
    const recipientsByServer = new Map<string, string[]>();
    for (const { head, userIds, copyFor } of routed) {
      const interestedIds = interested.get(head.id) ?? [];
      recipientsByServer.clear();
      for (const serverId of interestedIds) recipientsByServer.set(serverId, []);
      for (const userId of userIds) {
        for (const serverId of servers.get(userId) ?? []) pushTo(recipientsByServer, serverId, userId);
      }
      for (const [serverId, recipientIds] of recipientsByServer) {
        pushTo(deliveries, serverId, copyFor(recipientIds, interestedIds.includes(serverId)));
      }
    }
    return deliveries;
  }

  private async audiences(result: BatchResult): Promise<Map<ConversationId, Audience>> {
    const changed = Map.groupBy(
      [...result.participants.values(), ...result.endedParticipants],
      (each) => each.conversationId,
    );
    const audiences = new Map<ConversationId, Audience>();
    const reads = new Map<ConversationId, Promise<void>>();
    const amended = result.amendments.map(({ message: { conversationId } }) => {
      return { conversationId, seq: known(result.heads, conversationId).headSeq };
    });
    for (const { conversationId, seq } of [...result.entries, ...amended]) {
      const head = known(result.heads, conversationId);
      const audience = audiences.get(conversationId) ?? { members: null, changed: changed.get(conversationId) ?? [] };
      audiences.set(conversationId, audience);
      if (audience.members || reads.has(conversationId) || !routesByParticipants(head, seq)) continue;
      const members = this.participants.membersAt(head, result.epochs.get(conversationId));
      const found = (read: readonly Participant[]) => {
        audience.members = read;
      };
      if (members instanceof Promise) reads.set(conversationId, members.then(found));
      else found(members);
    }
    await Promise.all(reads.values());
    return audiences;
  }
}

type Audiences = ReadonlyMap<ConversationId, Audience>;

function routedEntry(entry: Entry, { heads }: BatchResult, audiences: Audiences): Routed {
  const head = known(heads, entry.conversationId);
  return {
    head,
    userIds: recipients(entry, known(audiences, head.id)),
    copyFor: (recipientIds, interested) => ({
      ...{ kind: 'entry', entry, interested, recipientIds },
      broadcast: isBroadcast(head),
    }),
  };
}

/** Those who are members now get it, whichever messages they may see: their servers decide what to tell them. */
function routedAmendment(amendment: RoutedAmendment, { heads }: BatchResult, audiences: Audiences): Routed {
  const { message, actorId, reaction } = amendment;
  const head = known(heads, message.conversationId);
  const { members } = known(audiences, head.id);
  return {
    head,
    userIds: members?.map(({ userId }) => userId) ?? [],
    copyFor: (recipientIds) => ({
      ...{ kind: 'amended', message, revision: message.revision ?? 0, actorId, recipientIds },
      ...(reaction && { reaction }),
      broadcast: isBroadcast(head),
      visibleToAll: head.history === 'all',
      headSeq: head.headSeq,
      membershipSeq: head.membershipSeq,
    }),
  };
}

function broadcastIds(result: BatchResult): ConversationId[] {
  return [...result.heads.values()].filter(isBroadcast).map((head) => head.id);
}

function serversByUser(usersByServer: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const servers = new Map<string, string[]>();
  for (const [serverId, userIds] of usersByServer) for (const userId of userIds) pushTo(servers, userId, serverId);
  return servers;
}

export function pushTo<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

function known<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = map.get(key);
  if (value === undefined) throw new Error(`a batch routes an entry of ${String(key)}, whose head it lacks`);
  return value;
}
