// What PostgreSQL alone can do: decides and writes batches of messages in conversations of two, one after another.
import { composeAdapters, loadConfig, systemClock } from '@parley/server';
import { ConversationsUnderTest } from '../../packages/server/test/contract/conversations-under-test.ts';
import { ClusterUnderTest } from '../../packages/server/test/support/cluster-services.ts';
import { Latencies } from '../measure/latencies.ts';

const conversations = 1_000;
const warmUpBatches = 20;

export interface BatchFigures {
  messages: number;
  batch: Latencies;
}

/** Prepares a cluster of its own. `run` writes batches for some seconds. */
export class PostgresBatches {
  private next = 0;

  private constructor(
    private readonly cluster: ClusterUnderTest,
    private readonly adapters: Awaited<ReturnType<typeof composeAdapters>>,
    private readonly stores: ConversationsUnderTest,
    private readonly conversationIds: readonly string[],
    private readonly sender: string,
  ) {}

  static async prepare(): Promise<PostgresBatches> {
    const cluster = await ClusterUnderTest.make();
    const adapters = await composeAdapters(loadConfig(cluster.settings, {}), systemClock);
    const stores = new ConversationsUnderTest(adapters);
    const sender = Bun.randomUUIDv7();
    const conversationIds: string[] = [];
    while (conversationIds.length < conversations) {
      conversationIds.push(await stores.create(sender, { userIds: [Bun.randomUUIDv7()] }));
    }
    const batches = new PostgresBatches(cluster, adapters, stores, conversationIds, sender);
    for (let count = 0; count < warmUpBatches; count++) await batches.write(40, 200);
    return batches;
  }

  async run(seconds: number, messagesInBatch: number, textBytes: number): Promise<BatchFigures> {
    const batch = new Latencies();
    const endMs = performance.now() + seconds * 1_000;
    while (performance.now() < endMs) {
      const startMs = performance.now();
      await this.write(messagesInBatch, textBytes);
      batch.add(performance.now() - startMs);
    }
    return { messages: batch.count * messagesInBatch, batch };
  }

  async stop(): Promise<void> {
    await this.adapters.close();
    await this.cluster.remove();
  }

  private async write(messages: number, textBytes: number): Promise<void> {
    this.stores.nowMs = Date.now();
    const commands = Array.from({ length: messages }, () => ({
      ...{ kind: 'send' as const, conversationId: this.conversationIds[this.next++ % conversations] ?? '' },
      ...{ actorId: this.sender, commandId: Bun.randomUUIDv7(), text: 'x'.repeat(textBytes) },
    }));
    const { outcomes } = await this.stores.carryOut(...commands);
    if (outcomes.some(({ kind }) => kind !== 'done')) throw new Error('a message was not written');
  }
}
