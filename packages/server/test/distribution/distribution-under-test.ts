import type { ConversationId, Entry, UserId } from '@parley/protocol';
import { ConversationData } from '../../src/adapters/memory/conversation-data.ts';
import { MemoryConversationStore } from '../../src/adapters/memory/conversation-store.ts';
import { MemoryHistoryStore } from '../../src/adapters/memory/history-store.ts';
import { MemoryConnectionRegistry } from '../../src/adapters/memory/registry.ts';
import type { Delivery, EntryCopy } from '../../src/connections/mailbox-port.ts';
import type { Command } from '../../src/conversations/command.ts';
import type { ConversationStore } from '../../src/conversations/conversations-port.ts';
import type { CommandBatch, CommandRecord, MalformedRecord } from '../../src/distribution/command-log-port.ts';
import { noDistributionMetrics } from '../../src/distribution/distribution-metrics.ts';
import { Distributor } from '../../src/distribution/distributor.ts';
import type { HistoryStore, LogReach } from '../../src/history/history-port.ts';
import { Unavailable, Unwritable } from '../../src/platform/failures.ts';
import { Tracing } from '../../src/platform/tracing.ts';
import { FakeClock } from '../support/fake-clock.ts';

const unwritable = () => new Unwritable('the disk is full', 2_000);

/** A distributor over stores in memory, that is handed batches; each user is on a server of their own. */
export class DistributionUnderTest {
  private readonly deliveries = new Map<string, Delivery[]>();
  /** Has the process die after the commit: before people are indexed, or before any mailbox has anything. */
  diesBefore: 'indexing' | 'delivery' | null = null;
  /** From this step on the store takes no writes. */
  takesNoWritesFrom: 'deciding' | 'indexing' | null = null;
  private batch: CommandBatch = { records: [], reaches: [] };
  private readonly data = new ConversationData();
  private readonly conversations = new MemoryConversationStore(this.data);
  private readonly registry = new MemoryConnectionRegistry(new FakeClock());
  /** Commands that could not be decided, with why. */
  readonly setAside: { record: CommandRecord; reason: string }[] = [];
  private handle: ((batch: CommandBatch) => Promise<void>) | undefined;
  private malformed: ((record: MalformedRecord) => Promise<void>) | undefined;
  /** How often a command was counted as set aside. */
  countedAside = 0;

  static async start(userIds: readonly UserId[]): Promise<DistributionUnderTest> {
    const distribution = new DistributionUnderTest();
    for (const userId of userIds) await distribution.connect(userId);
    await distribution.restart();
    return distribution;
  }

  /** Another distributor takes over: it has nothing in memory. */
  async restart(): Promise<void> {
    const clock = new FakeClock();
    const history = new MemoryHistoryStore(this.data);
    const distributor = new Distributor({
      commandLog: {
        partitions: 1,
        appends: { waiting: 0, records: 0, sends: 0 },
        append: () => Promise.reject(new Error('batches are handed over directly')),
        consume: async (handle, malformed) => {
          this.handle = handle;
          this.malformed = malformed;
          return { owned: new Set(), stopped: new Map(), lag: async () => new Map(), close: async () => undefined };
        },
        setAside: async (record, reason) => {
          this.setAside.push({ record, reason });
        },
      },
      mailboxes: {
        waiting: { outgoing: 0, incoming: 0 },
        open: () => Promise.reject(new Error('there are no mailboxes')),
        serverIds: async () => [],
        remove: async () => undefined,
        deliver: async (serverId, deliveries) => {
          if (this.diesBefore === 'delivery') throw new Unavailable('the process is gone');
          this.deliveries.set(serverId, [...(this.deliveries.get(serverId) ?? []), ...deliveries]);
        },
      },
      history: Object.assign(Object.create(history), {
        apply: async (...args: Parameters<HistoryStore['apply']>) => {
          if (this.takesNoWritesFrom === 'deciding') throw unwritable();
          return history.apply(...args);
        },
      }),
      conversations: {
        members: (conversationId, page) => this.conversations.members(conversationId, page),
        indexParticipants: async (rows) => {
          if (this.diesBefore === 'indexing') throw new Unavailable('the process is gone');
          if (this.takesNoWritesFrom !== null) throw unwritable();
          await this.conversations.indexParticipants(rows);
        },
      } as ConversationStore,
      registry: this.registry,
      clock,
      metrics: { ...noDistributionMetrics, commandSetAside: () => this.countedAside++ },
      tracing: new Tracing(),
    });
    await distributor.run();
  }

  /** Hands over a batch of a log that ends with its process, or of another as `reaches` and `from` say. */
  async distribute(commands: readonly Command[], log?: { from: number; reaches: LogReach[] }): Promise<void> {
    const records = commands.map((command, index) => ({
      command,
      replyTo: { serverId: serverOf(command.actorId), requestId: command.commandId },
      ...(log && { at: { partition: 0, position: log.from + index } }),
    }));
    this.batch = { records, reaches: log?.reaches ?? [] };
    await this.retry();
  }

  /** Has the log set aside a malformed record of this person's. */
  async meetMalformed(userId: UserId, requestId: string): Promise<void> {
    await this.malformed?.({ reason: 'no command', replyTo: { serverId: serverOf(userId), requestId } });
  }

  /** Hands over the last batch once more, as its log does when it failed. */
  async retry(): Promise<void> {
    await this.handle?.(this.batch);
  }

  async connect(userId: UserId): Promise<void> {
    await this.registry.openServer(serverOf(userId), Number.POSITIVE_INFINITY);
    await this.registry.connect(serverOf(userId), userId);
  }

  addInterest(userId: UserId, conversationId: ConversationId): Promise<void> {
    return this.registry.addInterest(serverOf(userId), conversationId);
  }

  broadcastConversations(userId: UserId): Promise<ConversationId[]> {
    return this.conversations.broadcastConversations(userId);
  }

  log(conversationId: ConversationId): readonly Entry[] {
    return this.data.logs.get(conversationId) ?? [];
  }

  copies(userId: UserId): EntryCopy[] {
    return this.told(userId).filter((delivery) => delivery.kind === 'entry');
  }

  /** The numbers of the conversation's entries that came for the user as a person, each as often as it came. */
  received(userId: UserId, conversationId: ConversationId): number[] {
    return this.copies(userId)
      .filter(({ entry, recipientIds }) => entry.conversationId === conversationId && recipientIds.includes(userId))
      .map(({ entry }) => entry.seq);
  }

  /** Everything that the user's server was told, in its order. */
  told(userId: UserId): readonly Delivery[] {
    return this.deliveries.get(serverOf(userId)) ?? [];
  }
}

function serverOf(userId: UserId): string {
  return `server of ${userId}`;
}
