import { afterEach, beforeEach, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { Admin } from '@platformatic/kafka';
import { distributionGroup, KafkaCommandLog } from '../../src/adapters/kafka/command-log.ts';
import { clientOptions, type KafkaSettings } from '../../src/adapters/kafka/connection.ts';
import { memberLevel } from '../../src/adapters/kafka/member-levels.ts';
import { BatchingProducer } from '../../src/adapters/kafka/producer.ts';
import { commandsTopic, deadLetterTopic, type Topics } from '../../src/adapters/kafka/topics.ts';
import type { MalformedRecord } from '../../src/distribution/command-log-port.ts';
import { Unavailable, Unusable } from '../../src/platform/failures.ts';
import { firstLevel } from '../../src/platform/features.ts';
import { shardOf } from '../../src/platform/shards.ts';
import { addTrialFeature, nudge, programLevel, trialLevel } from '../support/trial-feature.ts';
import { until } from '../support/until.ts';
import { BatchHandler, record, requestOf } from './command-log-contract.ts';
import { newIds } from './conversations-under-test.ts';
import { describeOnKafka, newTopics, patientGroup, shardsUnderTest } from './kafka-under-test.ts';

/** A conversation in each partition. */
function conversationOfEach(): string[] {
  const ids = newIds(200);
  return Array.from({ length: shardsUnderTest }, (_, shard) => {
    const found = ids.find((id) => shardOf(id, shardsUnderTest) === shard);
    if (found === undefined) throw new Error('200 ids are in every shard');
    return found;
  });
}

describeOnKafka('the command log in Kafka', () => {
  let settings: KafkaSettings;
  let topics: Topics;
  let log: KafkaCommandLog;
  let closeTopics: () => Promise<void>;
  const conversationIds = conversationOfEach();

  beforeEach(async () => {
    const opened = await newTopics();
    ({ settings, topics, close: closeTopics } = opened);
    log = new KafkaCommandLog(settings, { shards: shardsUnderTest, times: patientGroup });
  });
  afterEach(async () => {
    await log.close();
    await closeTopics();
  });

  const appendAll = async (records: ReturnType<typeof record>[]) => {
    await Promise.all(records.map((each) => log.append(each)));
    return records.map(requestOf);
  };
  const oneOfEach = () => conversationIds.map((id) => record(id));
  const lagOf = async (partitions: Iterable<number>) => {
    const [group, topic] = [distributionGroup(settings.clusterName), commandsTopic(settings.clusterName)];
    const all = [...partitions];
    const done = await topics.positions.committed(group, topic, all);
    const ends = await topics.positions.ends(topic, all);
    return all.map((partition) => Number((ends.get(partition) ?? 0n) - (done.get(partition) ?? 0n)));
  };
  const untilNoLag = async (partitions: readonly number[]) => {
    const isDone = async () => (await lagOf(partitions)).every((behind) => behind === 0);
    await until('the partitions have no lag', isDone, { pauseMs: 20 });
  };

  test('the records of a killed consumer go to another one, including those it was handling', async () => {
    const path = fileURLToPath(new URL('./consumer-process.ts', import.meta.url));
    const args = [settings.brokers.join(','), settings.clusterName, String(shardsUnderTest)];
    const killed = Bun.spawn([process.execPath, path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const handler = new BatchHandler();
    try {
      const appended = await appendAll(Array.from({ length: 25 }, oneOfEach).flat());
      const said = killed.stdout.getReader();
      expect((await said.read()).done).toBe(false);
      const consumer = await log.consume(handler.handle);
      await handler.until(() => handler.batches.length > 0);
      killed.kill('SIGKILL');
      const killedAt = performance.now();
      await handler.until(() => new Set(handler.handled).size === appended.length);
      console.log(`taken over ${Math.round(performance.now() - killedAt)} ms after SIGKILL`);
      const seen = [...new Set(handler.handled)];
      for (let shard = 0; shard < shardsUnderTest; shard++) {
        const own = appended.filter((_, index) => index % shardsUnderTest === shard);
        expect(seen.filter((request) => own.includes(request))).toEqual(own);
      }
      await consumer.close();
    } finally {
      killed.kill('SIGKILL');
      await killed.exited;
    }
  });

  test('a batch that finishes after its partition was reassigned commits nothing', async () => {
    const [first, second] = [new BatchHandler(), new BatchHandler()];
    const underWay = Promise.withResolvers<void>();
    first.next = () => underWay.promise;
    const early = await appendAll(oneOfEach());
    const firstConsumer = await log.consume(first.handle);
    await first.until(() => first.batches.length === 1);
    const secondConsumer = await log.consume(second.handle);
    await second.until(() => second.handled.length > 0);
    const late = await appendAll(oneOfEach());
    const moved = early.flatMap((request, partition) => (second.handled.includes(request) ? [partition] : []));
    await second.until(() => moved.every((partition) => second.handled.includes(late[partition] ?? '')));
    await untilNoLag(moved);
    first.next = async () => undefined;
    underWay.resolve();
    await first.until(() =>
      late.every((request) => first.handled.includes(request) || second.handled.includes(request)),
    );
    await firstConsumer.close();
    expect(await lagOf(moved)).toEqual(moved.map(() => 0));
    await secondConsumer.close();
    const everything = new Set([...first.handled, ...second.handled]);
    expect(everything).toEqual(new Set([...early, ...late]));
  });

  test('is read again from an earlier offset', async () => {
    const handler = new BatchHandler();
    const appended = await appendAll([...oneOfEach(), ...oneOfEach()]);
    const consumer = await log.consume(handler.handle);
    await handler.until(() => handler.handled.length === appended.length);
    await consumer.close();
    const admin = new Admin(clientOptions(settings));
    const offsets = conversationIds.map((_, partition) => ({ partition, offset: 1n }));
    await admin.alterConsumerGroupOffsets({
      groupId: distributionGroup(settings.clusterName),
      topics: [{ name: commandsTopic(settings.clusterName), partitionOffsets: offsets }],
    });
    await admin.close();
    const again = new BatchHandler();
    const next = await log.consume(again.handle);
    await again.until(() => again.handled.length === shardsUnderTest);
    expect(new Set(again.handled)).toEqual(new Set(appended.slice(shardsUnderTest)));
    await next.close();
  });

  test('is not read past records that were deleted before they were consumed; other partitions continue', async () => {
    const reported: string[] = [];
    const told = Promise.withResolvers<void>();
    const report = (error: unknown) => {
      reported.push(String(error));
      if (String(error).includes('begins at 2')) told.resolve();
    };
    await appendAll([...oneOfEach(), ...oneOfEach(), ...oneOfEach()]);
    const admin = new Admin(clientOptions(settings));
    const topic = commandsTopic(settings.clusterName);
    await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 2n }] }] });
    await topics.positions.commit(distributionGroup(settings.clusterName), topic, 0, 1n);
    await admin.close();
    const handler = new BatchHandler();
    const watched = new KafkaCommandLog({ ...settings, report }, { shards: shardsUnderTest, times: patientGroup });
    const consumer = await watched.consume(handler.handle);
    await told.promise;
    await handler.until(() => handler.handled.length === 3 * (shardsUnderTest - 1));
    const more = await appendAll(oneOfEach());
    await handler.until(() => handler.handled.length === 4 * (shardsUnderTest - 1));
    expect(handler.handled).not.toContain(more[0] ?? '');
    expect(reported.filter((each) => each.includes('parley cluster verify'))).toHaveLength(1);
    await consumer.close();
    await watched.close();
  });

  test('sets aside a malformed record, and continues after it', async () => {
    const producer = new BatchingProducer(settings);
    const [conversationId = ''] = conversationIds;
    const handler = new BatchHandler();
    const [before, after] = [record(conversationId), record(conversationId)];
    await log.append(before);
    for (const value of ['{"command":', '{"command":{"kind":"dance"}}', '']) {
      await producer.send({ topic: commandsTopic(settings.clusterName), partition: 0, value });
    }
    await producer.close();
    await log.append(after);
    const consumer = await log.consume(handler.handle);
    await handler.until(() => handler.handled.includes(requestOf(after)));
    expect(handler.handled).toEqual([before, after].map(requestOf));
    expect(await topics.recordCount(deadLetterTopic(settings.clusterName))).toBe(3);
    await log.setAside(after, 'it can’t be decided');
    expect(await topics.recordCount(deadLetterTopic(settings.clusterName))).toBe(4);
    await untilNoLag([0]);
    await consumer.close();
  });

  test('reports the receiver of the outcome of a malformed record, again if that fails, and sets the record aside once', async () => {
    const producer = new BatchingProducer(settings);
    const [conversationId = ''] = conversationIds;
    const { command, replyTo } = record(conversationId);
    const values = [
      { command: { ...command, kind: 'dance' }, replyTo },
      { command: { ...command, steps: 3 }, replyTo },
      { command },
    ];
    for (const value of values) {
      await producer.send({
        topic: commandsTopic(settings.clusterName),
        ...{ partition: 0, value: JSON.stringify(value) },
      });
    }
    await producer.close();
    const told: MalformedRecord[] = [];
    const handler = new BatchHandler();
    const after = record(conversationId);
    await log.append(after);
    let failures = 0;
    const consumer = await log.consume(handler.handle, async (malformed) => {
      // The batch comes again; the record is not written to the dead letter topic again.
      if (failures++ < 2) throw new Unavailable('the mailbox of the sender cannot be written');
      told.push(malformed);
    });
    await handler.until(() => handler.handled.length === 1);
    expect(told).toEqual([
      { reason: 'there is no kind of command "dance"', replyTo },
      { reason: 'a command "join" has no field "steps"', replyTo },
      { reason: 'it does not name the server that waits for the outcome', replyTo: null },
    ]);
    expect(await topics.recordCount(deadLetterTopic(settings.clusterName))).toBe(values.length);
    await consumer.close();
  });

  test('stops a partition before a record that needs a later version, which continues there in order', async () => {
    const [stopping = '', other = ''] = conversationIds;
    const stopped = Promise.withResolvers<void>();
    const reported: string[] = [];
    const report = (error: unknown) => {
      if (!String(error).includes('stops at position')) return;
      reported.push(String(error));
      stopped.resolve();
    };
    const older = new KafkaCommandLog({ ...settings, report }, { shards: shardsUnderTest, times: patientGroup });
    const handler = new BatchHandler();
    const before = record(stopping);
    const send = { kind: 'send', conversationId: stopping, actorId: 'ana', commandId: 'm1', text: 'text' } as const;
    const later = { ...record(stopping), command: { ...nudge(send), level: trialLevel } };
    const behind = record(stopping);
    for (const each of [before, later, behind]) await log.append(each);
    const consumer = await older.consume(handler.handle);
    await stopped.promise;
    const elsewhere = record(other);
    await log.append(elsewhere);
    await handler.until(() => handler.handled.includes(requestOf(elsewhere)));
    expect(new Set(handler.handled)).toEqual(new Set([before, elsewhere].map(requestOf)));
    expect(consumer.stopped).toEqual(new Map([[0, trialLevel]]));
    expect(await consumer.lag().then((lag) => lag.get(0))).toBe(2);
    expect(reported[0]).toContain(`partition 0 stops at position 1: the next record needs feature level ${trialLevel}`);
    await consumer.close();
    await older.close();

    const undo = addTrialFeature();
    try {
      const upgraded = new BatchHandler();
      const next = await log.consume(upgraded.handle);
      await upgraded.until(() => upgraded.handled.length === 2);
      expect(upgraded.handled).toEqual([later, behind].map(requestOf));
      expect(next.stopped.size).toBe(0);
      await next.close();
    } finally {
      undo();
    }
    expect(await topics.recordCount(deadLetterTopic(settings.clusterName))).toBe(0);
  });

  test('reports the supported feature level of each distributor', async () => {
    const group = distributionGroup(settings.clusterName);
    const levels = async () => (await topics.positions.members(group)).map(memberLevel).sort();
    const consumer = await log.consume(async () => undefined);
    expect(await levels()).toEqual([programLevel]);
    const undo = addTrialFeature();
    const another = await log.consume(async () => undefined).finally(undo);
    expect(await levels()).toEqual([programLevel, trialLevel]);
    await consumer.close();
    await another.close();
    // The client id of a version from before there were levels.
    expect(memberLevel(settings.clusterName)).toBe(firstLevel);
  });

  test('refuses sessions shorter than the brokers allow, naming their setting', async () => {
    const times = { sessionTimeoutMs: 500, heartbeatMs: 100 };
    const impatient = new KafkaCommandLog(settings, { shards: shardsUnderTest, times });
    const refused = await impatient.consume(async () => undefined).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Unusable);
    expect(String(refused)).toContain('group.min.session.timeout.ms');
    await impatient.close();
  });
});
