// The latency of Kafka alone: from appending a record of the command log to its consumption, at a fixed rate.
import { KafkaCommandLog } from '../../packages/server/src/adapters/kafka/command-log.ts';
import { Topics } from '../../packages/server/src/adapters/kafka/topics.ts';
import { sharedServices } from '../../packages/server/test/support/cluster-services.ts';
import { Latencies } from '../measure/latencies.ts';

const [shards, conversations] = [8, 1_000];
const timeoutMs = 30_000;

export interface KafkaFigures {
  records: number;
  appended: Latencies;
  consumed: Latencies;
}

/** Appends records with texts of this length, each when it is due, and waits until all were consumed. */
export async function kafkaRecords(rate: number, seconds: number, textBytes: number): Promise<KafkaFigures> {
  const settings = {
    ...{
      brokers: sharedServices().kafka.split(','),
      clusterName: `bench-${Bun.randomUUIDv7()}`,
      tls: false,
      sasl: null,
    },
    report: console.error,
  };
  const topics = new Topics(settings);
  await topics.create({ shards, replicationFactor: 1 });
  const log = new KafkaCommandLog(settings, { shards });
  const [appended, consumed] = [new Latencies(), new Latencies()];
  const records = Math.round(rate * seconds);
  const all = Promise.withResolvers<void>();
  const seen = new Set<number>();
  let startMs = performance.now();
  const dueMs = (index: number) => startMs + (index * 1_000) / rate;
  const consumer = await log.consume(async (batch) => {
    for (const { replyTo } of batch.records) {
      const index = Number(replyTo.requestId);
      if (seen.has(index)) all.reject(new Error(`record ${index} was consumed twice`));
      seen.add(index);
      consumed.add(performance.now() - dueMs(index));
    }
    if (seen.size === records) all.resolve();
  });
  const conversationIds = Array.from({ length: conversations }, () => Bun.randomUUIDv7());
  const append = async (index: number) => {
    const conversationId = conversationIds[index % conversations] ?? '';
    const command = { kind: 'send', conversationId, actorId: conversationId, commandId: `${index}` } as const;
    const replyTo = { serverId: conversationId, requestId: String(index) };
    await log.append({ command: { ...command, text: 'x'.repeat(textBytes) }, replyTo });
    appended.add(performance.now() - dueMs(index));
  };
  try {
    startMs = performance.now();
    const appends: Promise<void>[] = [];
    while (appends.length < records) {
      const due = Math.min(records, Math.floor(((performance.now() - startMs) * rate) / 1_000) + 1);
      while (appends.length < due) appends.push(append(appends.length));
      await Bun.sleep(1);
    }
    await Promise.all(appends);
    const timer = setTimeout(
      () => all.reject(new Error(`${seen.size} of ${records} records were consumed`)),
      timeoutMs,
    );
    await all.promise.finally(() => clearTimeout(timer));
  } finally {
    await consumer.close();
    await log.close();
    await topics.remove();
    await topics.close();
  }
  return { records, appended, consumed };
}
