// `bun consumer-process.ts BROKERS CLUSTER SHARDS`: a consumer of the cluster's commands that prints the request id of
// each record on a line and never finishes a batch.
import { KafkaCommandLog } from '../../src/adapters/kafka/command-log.ts';

const [brokers = '', clusterName = '', shards = ''] = process.argv.slice(2);
const settings = { brokers: brokers.split(','), clusterName, tls: false, sasl: null, report: console.error };
const log = new KafkaCommandLog(settings, { shards: Number(shards) });
await log.consume(async ({ records }) => {
  // The batch without records that reports where the partitions start.
  if (records.length === 0) return;
  for (const { replyTo } of records) console.log(replyTo.requestId);
  await new Promise(() => undefined);
});
