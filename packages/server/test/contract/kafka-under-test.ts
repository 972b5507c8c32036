import { describe, test } from 'bun:test';
import type { KafkaSettings } from '../../src/adapters/kafka/connection.ts';
import { defaultGroupTimes, type GroupTimes } from '../../src/adapters/kafka/group-member.ts';
import { Topics } from '../../src/adapters/kafka/topics.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { onceAvailable } from '../support/cluster-services.ts';
import { serviceAddress, withoutService } from '../support/services.ts';

export const shardsUnderTest = 4;

/** For tests that are not about takeovers: a busy machine may keep a member from its heartbeats for two seconds. */
export const patientGroup: GroupTimes = { ...defaultGroupTimes, sessionTimeoutMs: 20_000 };

/** Tests on the real broker, or a skipped test that says why there is none. */
export function describeOnKafka(name: string, run: () => void): void {
  const absent = withoutService('kafka');
  if (absent === null) describe(name, run);
  else test.skip(`${name}: ${absent}`, () => undefined);
}

/** A unique cluster name on the real broker, and its topics. */
export async function newTopics(
  report: (error: unknown) => void = () => undefined,
  shards = shardsUnderTest,
): Promise<{
  settings: KafkaSettings;
  topics: Topics;
  close(): Promise<void>;
}> {
  const address = serviceAddress('kafka');
  if (address === null) throw new Error('there is no kafka');
  const clusterName = `test_${systemIds.uuid().replaceAll('-', '')}`;
  const settings: KafkaSettings = { brokers: address.split(','), clusterName, tls: false, sasl: null, report };
  const topics = new Topics(settings);
  await onceAvailable(() => topics.create({ shards, replicationFactor: 1 }));
  return {
    settings,
    topics,
    async close() {
      await onceAvailable(() => topics.remove());
      await topics.close();
    },
  };
}
