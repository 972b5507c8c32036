import { afterEach, beforeEach, expect, test } from 'bun:test';
import { Admin } from '@platformatic/kafka';
import { clientOptions, type KafkaSettings } from '../../src/adapters/kafka/connection.ts';
import { BatchingProducer } from '../../src/adapters/kafka/producer.ts';
import { commandsTopic, feedTopic, Topics } from '../../src/adapters/kafka/topics.ts';
import { until } from '../support/until.ts';
import { describeOnKafka, newTopics, shardsUnderTest } from './kafka-under-test.ts';

describeOnKafka('topics in Kafka', () => {
  let settings: KafkaSettings;
  let topics: Topics;
  let closeTopics: () => Promise<void>;

  beforeEach(async () => {
    ({ settings, topics, close: closeTopics } = await newTopics());
  });
  afterEach(() => closeTopics());

  test('are known to the brokers when their creation resolves', async () => {
    const clusters = Array.from({ length: 4 }, (_, at) => ({
      ...settings,
      clusterName: `${settings.clusterName}-${at}`,
    }));
    const created = clusters.map((each) => new Topics(each));
    const shape = { shards: 32, replicationFactor: 1 };
    try {
      await Promise.all(
        clusters.map(async (each, at) => {
          await created[at]?.create(shape);
          // Another connection, as another process has.
          const another = new Topics(each);
          const producer = new BatchingProducer(each);
          try {
            expect(await another.partitionsOf(feedTopic(each.clusterName))).toHaveLength(shape.shards);
            const sent = Array.from({ length: shape.shards }, (_, partition) =>
              producer.send({ topic: commandsTopic(each.clusterName), partition, value: 'x' }),
            );
            await Promise.all(sent);
          } finally {
            await Promise.all([another.close(), producer.close()]);
          }
        }),
      );
    } finally {
      for (const each of created) await each.remove().finally(() => each.close());
    }
  });

  test('must have the right partitions and replication', async () => {
    await topics.create({ shards: shardsUnderTest, replicationFactor: 1 });
    await topics.check({ shards: shardsUnderTest, allowSingleBroker: true });
    const strict = topics.check({ shards: shardsUnderTest, allowSingleBroker: false });
    await expect(strict).rejects.toThrow('has 1 replicas, and needs 3');
    const more = topics.check({ shards: shardsUnderTest + 1, allowSingleBroker: true });
    await expect(more).rejects.toThrow('has 4 partitions, and the cluster has 5 shards');
    await topics.remove();
    const missing = topics.check({ shards: shardsUnderTest, allowSingleBroker: true });
    await expect(missing).rejects.toThrow('parley cluster init');
    await topics.create({ shards: shardsUnderTest, replicationFactor: 1 });
  });

  test('are refused if only one is missing, by its name, and only that one is created', async () => {
    const shape = { shards: shardsUnderTest, replicationFactor: 1 };
    const checked = () => topics.check({ shards: shardsUnderTest, allowSingleBroker: true });
    const { clusterName } = settings;
    for (const [missing, other] of [
      [feedTopic(clusterName), commandsTopic(clusterName)],
      [commandsTopic(clusterName), feedTopic(clusterName)],
    ] as const) {
      const { id } = await topics.partitionsAndId(other);
      const admin = new Admin(clientOptions(settings));
      await admin.deleteTopics({ topics: [missing] }).finally(() => admin.close());
      const isGone = async () => (await topics.partitionsOf(missing)).length === 0;
      await until('the broker does not list the deleted topic', isGone);
      await expect(checked()).rejects.toThrow(`there is no topic ${missing}: create it with "parley cluster init"`);
      await topics.create(shape);
      await checked();
      expect((await topics.partitionsAndId(other)).id).toBe(id);
    }
  });
});
