import { latencyColumns, processorColumns, serverUs } from '../measure/measured.ts';
import { measureProcessorTime } from '../measure/processor-time.ts';
import type { Row } from '../scenario.ts';
import { serviceProcesses } from '../system/cluster.ts';
import { using } from '../system/start.ts';
import { kafkaRecords } from './kafka-records.ts';
import { PostgresBatches } from './postgres-batches.ts';

const batchSize = 40;

/** What Kafka and PostgreSQL do without Parley's processes: rows for each rate, and the cost of a message. */
export async function clusterLimits(
  rates: readonly number[],
  seconds: number,
  textBytes: number,
): Promise<{ rows: Row[]; postgresUs: number; kafkaP50Ms: number[] }> {
  const rows: Row[] = [];
  const kafkaP50Ms: number[] = [];
  for (const rate of rates) {
    const processorTime = measureProcessorTime(serviceProcesses, []);
    const { records, consumed } = await kafkaRecords(rate, seconds, textBytes);
    rows.push({
      ...{ system: 'records through Kafka', 'asked /s': rate, acknowledged: records },
      ...latencyColumns('ack', consumed),
      ...processorColumns(processorTime(), records),
    });
    kafkaP50Ms.push(consumed.percentile(50));
  }
  return using(PostgresBatches.prepare(), async (postgres) => {
    const processorTime = measureProcessorTime(serviceProcesses, []);
    const { messages, batch } = await postgres.run(seconds, batchSize, textBytes);
    const time = processorTime();
    rows.push({
      ...{
        system: `batches of ${batchSize} into PostgreSQL`,
        acknowledged: messages,
        'acked /s': messages / time.seconds,
      },
      ...latencyColumns('ack', batch),
      ...processorColumns(time, messages),
    });
    return { rows, kafkaP50Ms, postgresUs: serverUs(time, messages) };
  });
}
