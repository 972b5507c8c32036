// The command log on a real Kafka: from append to consumption, for records with 200 bytes of text at a steady rate.
//   npm run services -- up; npx bun bench/command-log.ts [--kafka 127.0.0.1:9092] [--rates 500,5000,10000] [--seconds 10]
//
// 2 shared cores (AMD EPYC), Bun 1.4.5, one Kafka broker on the same machine, append / append to consumption:
//   500/s      p50 2.9, p99 6.2 ms / p50 3.1, p99 6.6 ms
//   5,000/s    p50 1.2, p99 9.9 ms / p50 1.5, p99 13.2 ms
//   10,000/s   p50 1.2, p99 8.0 ms / p50 1.5, p99 9.4 ms
import { parseArgs } from 'node:util';
import { KafkaCommandLog } from '../packages/server/src/adapters/kafka/command-log.ts';
import { Topics } from '../packages/server/src/adapters/kafka/topics.ts';
import { newIds } from '../packages/server/test/contract/conversations-under-test.ts';
import { serviceAddress } from '../packages/server/test/support/services.ts';
import { machine } from './bench-server.ts';
import { Latencies } from './latencies.ts';

const { values } = parseArgs({
  options: {
    kafka: { type: 'string', default: serviceAddress('kafka') ?? '127.0.0.1:9092' },
    rates: { type: 'string', default: '500,5000,10000' },
    seconds: { type: 'string', default: '10' },
  },
});
const shards = 16;
const text = 'x'.repeat(200);
const conversationIds = newIds(1_000);
const warmUpMs = 2_000;

console.log(machine());
const settings = {
  ...{ brokers: values.kafka.split(','), clusterName: `bench-${Bun.randomUUIDv7()}`, tls: false, sasl: null },
  report: console.error,
};
const topics = new Topics(settings);
await topics.create({ shards, replicationFactor: 1 });
const log = new KafkaCommandLog(settings, { shards });
let batches = 0;
let onRecord: (sentAtMs: number) => void = () => undefined;
const consumer = await log.consume(async (batch) => {
  if (batch.records.length === 0) return;
  batches++;
  for (const { replyTo } of batch.records) onRecord(Number(replyTo.requestId));
});
for (const rate of values.rates.split(',').map(Number)) await pace(rate, Number(values.seconds) * 1_000);
await consumer.close();
await log.close();
await topics.remove();
await topics.close();

/** Appends `rate` records a second, each at its due time, whether or not earlier appends have completed. */
async function pace(rate: number, durationMs: number): Promise<void> {
  const [appended, consumed] = [new Latencies(), new Latencies()];
  const count = Math.round((rate * (warmUpMs + durationMs)) / 1_000);
  const startMs = performance.now();
  const all = Promise.withResolvers<void>();
  let received = 0;
  batches = 0;
  onRecord = (dueMs) => {
    if (dueMs - startMs >= warmUpMs) consumed.add(performance.now() - dueMs);
    if (++received === count) all.resolve();
  };
  const appends: Promise<void>[] = [];
  while (appends.length < count) {
    const due = Math.min(count, Math.floor(((performance.now() - startMs) * rate) / 1_000));
    while (appends.length < due) appends.push(append(appends.length, startMs + (appends.length * 1_000) / rate));
    await Bun.sleep(1);
  }
  await Promise.all(appends);
  await all.promise;
  const perBatch = (count / batches).toFixed(1);
  console.log(`${rate}/s: appended ${appended}; consumed ${consumed}; ${perBatch} records a batch`);

  async function append(index: number, dueMs: number): Promise<void> {
    const conversationId = conversationIds[index % conversationIds.length] ?? '';
    await log.append({
      command: { kind: 'send', conversationId, actorId: conversationId, commandId: `${dueMs}`, text },
      replyTo: { serverId: conversationId, requestId: String(dueMs) },
    });
    if (dueMs - startMs >= warmUpMs) appended.add(performance.now() - dueMs);
  }
}
