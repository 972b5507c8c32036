import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { Admin, Consumer, MultipleErrors, ProtocolError } from '@platformatic/kafka';
import { clientOptions, type KafkaSettings } from '../../src/adapters/kafka/connection.ts';
import { Positions } from '../../src/adapters/kafka/positions.ts';
import { commandsTopic, type Topics } from '../../src/adapters/kafka/topics.ts';
import { until } from '../support/until.ts';
import { describeOnKafka, newTopics } from './kafka-under-test.ts';

describe('a request about a group in Kafka', () => {
  /** The client's error for this reason of the broker. */
  const refusal = (reason: string) => new MultipleErrors('It failed.', [new ProtocolError(reason)]);

  /** Brokers that refuse for these reasons, one after the other, and then carry out the request. */
  function refusing(...reasons: string[]) {
    let asked = 0;
    const answer = async () => {
      const reason = reasons[asked++];
      if (reason !== undefined) throw refusal(reason);
      return [];
    };
    const admin = {
      deleteGroups: answer,
      alterConsumerGroupOffsets: answer,
      listConsumerGroupOffsets: answer,
      describeGroups: async () => new Map(await answer()),
    };
    return { positions: new Positions(admin as unknown as Admin), asked: () => asked };
  }

  const requests: [string, (positions: Positions) => Promise<unknown>][] = [
    ['deleting its offsets', (positions) => positions.forget('group')],
    ['committing an offset', (positions) => positions.commit('group', 'topic', 0, 1n)],
    ['reading its offsets', (positions) => positions.committed('group', 'topic', [0])],
    ['reading its members', (positions) => positions.members('group')],
  ];
  for (const [name, ask] of requests) {
    test(`${name}: is retried while no broker coordinates the group`, async () => {
      const { positions, asked } = refusing('COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_LOAD_IN_PROGRESS');
      await ask(positions);
      expect(asked()).toBe(3);
    });

    test(`${name}: fails at once for another reason, with an error that has the reason and the group`, async () => {
      const { positions, asked } = refusing('GROUP_AUTHORIZATION_FAILED');
      await expect(ask(positions)).rejects.toThrow(/group group.*: It failed\. Group authorization failed\./);
      expect(asked()).toBe(1);
    });
  }
});

describeOnKafka('a group in Kafka', () => {
  let settings: KafkaSettings;
  let topics: Topics;
  let closeTopics: () => Promise<void>;

  beforeEach(async () => {
    ({ settings, topics, close: closeTopics } = await newTopics());
  });
  afterEach(async () => {
    await closeTopics();
  });

  test('is deleted once its last member has left', async () => {
    const group = `${settings.clusterName}.group`;
    const consumer = new Consumer({ ...clientOptions(settings), groupId: group });
    consumer.topics.track(commandsTopic(settings.clusterName));
    await consumer.joinGroup({});
    expect(await topics.positions.members(group)).toHaveLength(1);
    const asked = spyOn(Admin.prototype, 'deleteGroups');
    const forgotten = topics.positions.forget(group);
    try {
      await until('the group was to be deleted twice', () => asked.mock.calls.length > 1);
    } finally {
      asked.mockRestore();
      await consumer.close();
    }
    await forgotten;
    expect(await topics.positions.members(group)).toEqual([]);
  });
});
