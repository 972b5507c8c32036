import type { ConversationId } from '@parley/protocol';
import type { Delivery, Mailboxes } from '../connections/mailbox-port.ts';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import type { Outcome } from '../conversations/command.ts';
import { isBroadcast, type Participant } from '../conversations/conversation.ts';
import type { ConversationStore } from '../conversations/conversations-port.ts';
import type { FeedWriter } from '../feed/feed-port.ts';
import type { HistoryStore, LogReach } from '../history/history-port.ts';
import type { Clock } from '../platform/clock.ts';
import type { ClockJumps } from '../platform/clock-jumps.ts';
import { Unavailable, Unwritable } from '../platform/failures.ts';
import type { Tracing } from '../platform/tracing.ts';
import { BatchTrace } from './batch-trace.ts';
import type { CommandBatch, CommandConsumer, CommandLog, CommandRecord } from './command-log-port.ts';
import { type BatchResult, decideBatch } from './decide-batch.ts';
import type { DistributionMetrics } from './distribution-metrics.ts';
import { factsNeeded } from './facts-needed.ts';
import { feedParts } from './feed-parts.ts';
import { indexParticipants } from './index-participants.ts';
import { ParticipantsCache } from './participants-cache.ts';
import { type Audience, recipients, routesByParticipants } from './route.ts';

export interface DistributorPorts {
  commandLog: CommandLog;
  history: HistoryStore;
  feed: FeedWriter;
  conversations: ConversationStore;
  registry: ConnectionRegistry;
  mailboxes: Mailboxes;
  clock: Clock;
  metrics: DistributionMetrics;
  tracing: Tracing;
  /** Checked before each batch, because entries get their times from the clock. */
  clockJumps?: Pick<ClockJumps, 'look'>;
}

const undecidable: Outcome = {
  kind: 'refused',
  code: 'internal',
  detail: 'An internal fault keeps the server from carrying this out. The request was kept for the operator.',
};

/**
 * Message distribution: consumes commands from the log in batches, has them decided and written, and routes the
 * entries.
 */
export class Distributor {
  private readonly participants: ParticipantsCache;
  /** For a log that ends with its process: commands whose entries are on disk, */
  private readonly decided = new WeakSet<CommandRecord>();
  /** and commands that were refused while the store could not be written. */
  private readonly refused = new WeakSet<CommandRecord>();

  constructor(private readonly ports: DistributorPorts) {
    this.participants = new ParticipantsCache(ports.conversations);
  }

  run(): Promise<CommandConsumer> {
    return this.ports.commandLog.consume(
      (batch) => this.distribute(batch),
      ({ replyTo }) => this.isAside(replyTo),
    );
  }

  /**
   * A command that fails although all services are available would fail forever, so it is set aside: it must not block
   * the commands behind it.
   */
  private async distribute(given: CommandBatch): Promise<void> {
    const batch = { ...given, records: given.records.filter((record) => !this.refused.has(record)) };
    try {
      await this.carryOut(batch);
    } catch (error) {
      if (error instanceof Unwritable && endsWithItsProcess(batch)) return this.refuseUndecided(batch, error);
      if (error instanceof Unavailable) throw error;
      for (const record of batch.records) await this.carryOutAlone(record, reachesUpTo(record, batch));
      await this.carryOut({ ...batch, records: [] });
    }
  }

  /**
   * The store cannot be written. A log that ends with its process would keep the senders waiting, so their commands are
   * refused with a time to retry. Commands whose entries are already on disk are not refused: they stay in the log
   * until their entries are indexed and routed.
   */
  private async refuseUndecided({ records }: CommandBatch, error: Unwritable): Promise<void> {
    const { message: detail, retryAfterMs } = error;
    const outcome: Outcome = { kind: 'refused', code: 'unavailable', detail, retryAfterMs };
    const undecided = records.filter((record) => !this.decided.has(record));
    for (const record of undecided) {
      const { serverId, requestId } = record.replyTo;
      this.refused.add(record);
      await this.ports.mailboxes.deliver(serverId, [{ kind: 'outcome', requestId, outcome }]);
    }
    if (undecided.length < records.length) throw error;
  }

  private async carryOutAlone(record: CommandRecord, reaches: readonly LogReach[]): Promise<void> {
    try {
      await this.carryOut({ records: [record], reaches });
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      await this.ports.commandLog.setAside(record, error instanceof Error ? error.message : String(error));
      await this.isAside(record.replyTo);
    }
  }

  /** Counts a record that was set aside, and sends the outcome to the server that waits for it. */
  private async isAside(replyTo: CommandRecord['replyTo'] | null): Promise<void> {
    this.ports.metrics.commandSetAside();
    if (replyTo === null) return;
    const { serverId, requestId } = replyTo;
    await this.ports.mailboxes.deliver(serverId, [{ kind: 'outcome', requestId, outcome: undecidable }]);
  }

  private async carryOut(batch: CommandBatch): Promise<void> {
    const trace = new BatchTrace(this.ports.tracing, batch.records);
    try {
      await this.takeAllTheWay(batch, trace);
      trace.end();
    } catch (error) {
      trace.fail(error);
      throw error;
    }
  }

  /**
   * Processes a batch. The batch is consumed only when all steps are done: after a crash in between, its records come
   * again, get the numbers they have, and are routed and fed again (race 1).
   */
  private async takeAllTheWay(batch: CommandBatch, trace: BatchTrace): Promise<void> {
    const { history, clock, feed } = this.ports;
    const startedMs = clock.monotonicMs();
    this.ports.clockJumps?.look();
    const nowMs = clock.nowMs();
    const result = await history.apply(factsNeeded(batch), (facts) => decideBatch(facts, batch, nowMs));
    if (batch.records.length > 0) await this.deliver(batch, result, trace, startedMs);
    // Once a batch: one that cannot be delivered is decided again and again, and is not fed each time.
    await feed.append(feedParts(batch, result));
  }

  /** Indexes what was decided, and puts copies and outcomes into the mailboxes. */
  private async deliver(batch: CommandBatch, result: BatchResult, trace: BatchTrace, startedMs: number): Promise<void> {
    const { conversations, clock, metrics } = this.ports;
    if (endsWithItsProcess(batch)) for (const record of batch.records) this.decided.add(record);
    const committedMs = clock.monotonicMs();
    trace.decided(result);
    if (result.datedBack > 0) metrics.datedBack(result.datedBack);
    await indexParticipants(result, conversations);
    const deliveries = await this.route(result);
    const routedMs = clock.monotonicMs();
    const copies = [...deliveries.values()].reduce((sum, list) => sum + list.length, 0);
    addOutcomes(deliveries, batch.records, result);
    trace.mark(deliveries.values());
    await Promise.all(Array.from(deliveries, ([serverId, list]) => this.ports.mailboxes.deliver(serverId, list)));
    metrics.batchDone({
      commands: batch.records.length,
      entries: result.entries.length,
      copies,
      commitMs: committedMs - startedMs,
      routeMs: routedMs - committedMs,
      deliverMs: clock.monotonicMs() - routedMs,
    });
  }

  /**
   * Makes one copy of each entry for each server with recipients. Servers are looked up after the commit, so that a
   * client that connects meanwhile sees an entry in the snapshot, live, or both (race 2).
   */
  private async route(result: BatchResult): Promise<DeliveriesByServer> {
    const { registry } = this.ports;
    const audiences = await this.audiences(result);
    const interested = await registry.interestedServers(broadcastIds(result));
    const routed = result.entries.map((entry) => {
      const head = known(result.heads, entry.conversationId);
      return { entry, head, userIds: recipients(entry, known(audiences, head.id)) };
    });
    const servers = serversByUser(
      await registry.serversOf([...new Set(routed.flatMap(({ userIds }) => [...userIds]))]),
    );
    const deliveries: DeliveriesByServer = new Map();
    const recipientsByServer = new Map<string, string[]>();
    for (const { entry, head, userIds } of routed) {
      const interestedIds = interested.get(head.id) ?? [];
      recipientsByServer.clear();
      for (const serverId of interestedIds) recipientsByServer.set(serverId, []);
      for (const userId of userIds) {
        for (const serverId of servers.get(userId) ?? []) pushTo(recipientsByServer, serverId, userId);
      }
      for (const [serverId, recipientIds] of recipientsByServer) {
        const copy = {
          kind: 'entry',
          entry,
          broadcast: isBroadcast(head),
          interested: interestedIds.includes(serverId),
          recipientIds,
        } as const;
        pushTo(deliveries, serverId, copy);
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
    for (const { conversationId, seq } of result.entries) {
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

/** The embedded log has no positions, and its commands are stored nowhere else. */
function endsWithItsProcess({ reaches }: CommandBatch): boolean {
  return reaches.length === 0;
}

/** The range of the batch in the log up to and including this record. */
function reachesUpTo({ at }: CommandRecord, { reaches }: CommandBatch): LogReach[] {
  if (!at) return [];
  const own = reaches.filter(({ partition }) => partition === at.partition);
  return own.map((reach) => ({ ...reach, to: at.position + 1 }));
}

type DeliveriesByServer = Map<string, Delivery[]>;

function broadcastIds(result: BatchResult): ConversationId[] {
  return [...result.heads.values()].filter(isBroadcast).map((head) => head.id);
}

function serversByUser(usersByServer: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const servers = new Map<string, string[]>();
  for (const [serverId, userIds] of usersByServer) for (const userId of userIds) pushTo(servers, userId, serverId);
  return servers;
}

/** Outcomes go into the same mailboxes, before the copies: the sender's server sends the ack first, then the entry. */
function addOutcomes(
  deliveries: DeliveriesByServer,
  records: readonly CommandRecord[],
  { outcomes: outcomesInOrder }: BatchResult,
): void {
  const outcomes: DeliveriesByServer = new Map();
  for (const [index, { replyTo }] of records.entries()) {
    const outcome = outcomesInOrder[index];
    if (!outcome) throw new Error(`command ${index} of a batch of ${records.length} has no outcome`);
    pushTo(outcomes, replyTo.serverId, { kind: 'outcome', requestId: replyTo.requestId, outcome });
  }
  for (const [serverId, list] of outcomes) deliveries.set(serverId, [...list, ...(deliveries.get(serverId) ?? [])]);
}

function pushTo<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

function known<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = map.get(key);
  if (value === undefined) throw new Error(`a batch routes an entry of ${String(key)}, whose head it lacks`);
  return value;
}
