import type { Database } from 'bun:sqlite';
import type { ConversationId, Entry, UserId } from '@parley/protocol';
import { MemoryConnectionRegistry } from '../../src/adapters/memory/registry.ts';
import {
  bansTable,
  channelTermsTable,
  conversationsTable,
  membershipsTable,
  participantsTable,
} from '../../src/adapters/rows/conversation-tables.ts';
import { entriesTable } from '../../src/adapters/rows/entry-rows.ts';
import { openSqliteStores } from '../../src/adapters/sqlite/stores.ts';
import { composeAdapters } from '../../src/compose/compose.ts';
import type { Delivery, EntryCopy, Mailboxes } from '../../src/connections/mailbox-port.ts';
import type { Command } from '../../src/conversations/command.ts';
import type { ConversationStore } from '../../src/conversations/conversations-port.ts';
import type {
  CommandBatch,
  CommandLog,
  CommandRecord,
  MalformedRecord,
} from '../../src/distribution/command-log-port.ts';
import type { FeedPart } from '../../src/feed/feed-port.ts';
import type { Decided, HistoryStore, LogReach } from '../../src/history/history-port.ts';
import { Unavailable, Unwritable } from '../../src/platform/failures.ts';
import { composeProcess, type ProcessParts } from '../../src/process/compose-process.ts';
import { configInMemory } from '../support/config-in-memory.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { openServer } from '../support/registry-leases.ts';

const config = { ...configInMemory(), roles: new Set(['distribution'] as const) };
const clock = new FakeClock();
const fail = (error: unknown) => {
  throw error;
};
// Opening a database takes longer than running a script, so all tests share these and empty them.
const others = await composeAdapters(config, clock);
const stores = openSqliteStores(':memory:', { clock, reportFailure: fail });
/**
 * The index by user, in another database as in a cluster. SQLite's history store writes an index too, which would hide
 * a distributor that writes none.
 */
const index = openSqliteStores(':memory:', { clock, reportFailure: fail });

function empty(database: Database): void {
  const tables = [conversationsTable, channelTermsTable, entriesTable, participantsTable, bansTable, membershipsTable];
  for (const { name } of tables) {
    database.run(`DELETE FROM ${name}`);
  }
  database.run('DELETE FROM command_keys');
}

const unwritable = () => new Unwritable('the disk is full', 2_000);

/** A process that distributes and receives its batches directly; each user is connected to a server of their own. */
export class DistributionUnderTest {
  private readonly deliveries = new Map<string, Delivery[]>();
  /**
   * The process is killed after the commit: before the participants are indexed, or before anything is in a mailbox.
   */
  diesBefore: 'indexing' | 'delivery' | null = null;
  /** From this step on, the store cannot be written. */
  takesNoWritesFrom: 'deciding' | 'indexing' | null = null;
  private batch: CommandBatch = { records: [], reaches: [] };
  /** Commands that could not be decided, each with the reason. */
  readonly setAside: { record: CommandRecord; reason: string }[] = [];
  private handle: ((batch: CommandBatch) => Promise<void>) | undefined;
  private malformed: ((record: MalformedRecord) => Promise<void>) | undefined;
  private parts: ProcessParts | undefined;
  private readonly decided = new Map<number, Decided>();

  /** The parts written to the feed. */
  readonly fed: FeedPart[] = [];
  private readonly registry = new MemoryConnectionRegistry(new FakeClock());

  static async start(userIds: readonly UserId[]): Promise<DistributionUnderTest> {
    for (const { writes } of [stores, index]) empty(writes.database);
    const distribution = new DistributionUnderTest();
    for (const userId of userIds) await distribution.connect(userId);
    await distribution.restart();
    return distribution;
  }

  /** Another process takes over, without anything in memory. */
  async restart(): Promise<void> {
    const adapters = {
      ...others,
      ...{ registry: this.registry, commandLog: this.commandLog(), mailboxes: this.mailboxes() },
      ...{ history: this.history(), conversations: this.conversations() },
      feedWriter: { append: async (parts: readonly FeedPart[]) => void this.fed.push(...parts) },
    };
    this.parts = composeProcess(config, adapters, { clock: new FakeClock() });
    await this.parts.start();
  }

  private commandLog(): CommandLog {
    return {
      partitions: 1,
      appends: { waiting: 0, records: 0, sends: 0 },
      append: () => Promise.reject(new Error('batches are passed directly')),
      consume: async (handle, malformed) => {
        this.handle = handle;
        this.malformed = malformed;
        return { owned: new Set(), stopped: new Map(), lag: async () => new Map(), close: async () => undefined };
      },
      setAside: async (record, reason) => {
        this.setAside.push({ record, reason });
      },
    };
  }

  private mailboxes(): Mailboxes {
    return {
      waiting: { outgoing: 0, incoming: 0 },
      open: () => Promise.reject(new Error('there are no mailboxes')),
      serverIds: async () => [],
      remove: async () => undefined,
      deliver: async (serverId, deliveries) => {
        if (this.diesBefore === 'delivery') throw new Unavailable('the process is gone');
        this.deliveries.set(serverId, [...(this.deliveries.get(serverId) ?? []), ...deliveries]);
      },
    };
  }

  /**
   * Stores the decided position of the log, as a cluster's store does. SQLite's store does not, because its log ends
   * with its process.
   */
  private history(): HistoryStore {
    const { history } = stores;
    const apply: HistoryStore['apply'] = async (needed, decide) => {
      if (this.takesNoWritesFrom === 'deciding') throw unwritable();
      return history.apply(needed, (facts) => {
        const decision = decide({ ...facts, decided: new Map(this.decided) });
        for (const { partition, logId, to } of decision.changes.reaches) this.decided.set(partition, { logId, to });
        return decision;
      });
    };
    return Object.assign(Object.create(history), { apply });
  }

  private conversations(): ConversationStore {
    const indexParticipants: ConversationStore['indexParticipants'] = async (rows) => {
      if (this.diesBefore === 'indexing') throw new Unavailable('the process is gone');
      if (this.takesNoWritesFrom !== null) throw unwritable();
      await index.conversations.indexParticipants(rows);
    };
    return Object.assign(Object.create(stores.conversations), { indexParticipants });
  }

  /** Passes a batch of a log that ends with its process, or of a lasting log at the given position. */
  async distribute(commands: readonly Command[], log?: { from: number; reaches: LogReach[] }): Promise<void> {
    const records = commands.map((command, index) => ({
      command,
      replyTo: { serverId: serverOf(command.actorId), requestId: command.commandId },
      ...(log && { at: { partition: 0, position: log.from + index } }),
    }));
    this.batch = { records, reaches: log?.reaches ?? [] };
    await this.retry();
  }

  /** Has the log set aside a malformed record of this user. */
  async meetMalformed(userId: UserId, requestId: string): Promise<void> {
    await this.malformed?.({ reason: 'no command', replyTo: { serverId: serverOf(userId), requestId } });
  }

  /** Passes the last batch again, as the log does after a failure. */
  async retry(): Promise<void> {
    await this.handle?.(this.batch);
  }

  /** Connects the user to a server: by default one that is named after the user, otherwise that of another user. */
  async connect(userId: UserId, at = userId): Promise<void> {
    await openServer(this.registry, serverOf(at), Number.POSITIVE_INFINITY);
    await this.registry.connect(serverOf(at), userId);
  }

  addInterest(userId: UserId, conversationId: ConversationId): Promise<void> {
    return this.registry.addInterest(serverOf(userId), conversationId);
  }

  broadcastConversations(userId: UserId): Promise<ConversationId[]> {
    return index.conversations.broadcastConversations(userId);
  }

  log(conversationId: ConversationId): Promise<Entry[]> {
    const all = { fromSeq: 1, toSeq: Number.MAX_SAFE_INTEGER, limit: Number.MAX_SAFE_INTEGER };
    const textBytes = Number.MAX_SAFE_INTEGER;
    return stores.history.range({ conversationId, ...all, order: 'oldest_first', textBytes });
  }

  /** The number of commands that were counted as set aside. */
  async countedAside(): Promise<number> {
    const metric = await this.parts?.metrics.getSingleMetric('parley_commands_set_aside_total')?.get();
    return metric?.values[0]?.value ?? 0;
  }

  copies(userId: UserId): EntryCopy[] {
    return this.told(userId).filter((delivery) => delivery.kind === 'entry');
  }

  /** The numbers of the conversation's entries that the user received as a participant, with repetitions. */
  received(userId: UserId, conversationId: ConversationId): number[] {
    return this.copies(userId)
      .filter(({ entry, recipientIds }) => entry.conversationId === conversationId && recipientIds.includes(userId))
      .map(({ entry }) => entry.seq);
  }

  /** All deliveries to the user's server, in order. */
  told(userId: UserId): readonly Delivery[] {
    return this.deliveries.get(serverOf(userId)) ?? [];
  }
}

function serverOf(userId: UserId): string {
  return `server of ${userId}`;
}
