import type { Mailboxes } from '../connections/mailbox-port.ts';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import type { Outcome } from '../conversations/command.ts';
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
import { type DeliveriesByServer, pushTo, Router } from './router.ts';

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
  private readonly router: Router;
  /** For a log that ends with its process: commands whose entries are on disk, */
  private readonly decided = new WeakSet<CommandRecord>();
  /** and commands that were refused while the store could not be written. */
  private readonly refused = new WeakSet<CommandRecord>();

  constructor(private readonly ports: DistributorPorts) {
    this.router = new Router(ports);
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
    const deliveries = await this.router.route(result);
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
