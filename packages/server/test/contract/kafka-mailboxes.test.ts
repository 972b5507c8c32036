import { afterEach, beforeEach, expect, spyOn, test } from 'bun:test';
import type { Entry } from '@parley/protocol';
import { Admin, Producer } from '@platformatic/kafka';
import { clientOptions, type KafkaSettings } from '../../src/adapters/kafka/connection.ts';
import { KafkaMailboxes } from '../../src/adapters/kafka/mailboxes.ts';
import { BatchingProducer } from '../../src/adapters/kafka/producer.ts';
import { mailboxTopic, type Topics } from '../../src/adapters/kafka/topics.ts';
import { KafkaTrail } from '../../src/adapters/kafka/trail.ts';
import type { Delivery } from '../../src/connections/mailbox-port.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { until } from '../support/until.ts';
import { describeOnKafka, newTopics } from './kafka-under-test.ts';

function numbered(number: number, detail = ''): Delivery {
  return { kind: 'outcome', requestId: String(number), outcome: { kind: 'refused', code: 'forbidden', detail } };
}

/** Receives deliveries; a test can wait for a number of them. */
class Taken {
  readonly deliveries: Delivery[] = [];

  readonly receive = (deliveries: readonly Delivery[]): void => {
    this.deliveries.push(...deliveries);
  };

  async count(count: number): Promise<void> {
    await until(`${count} deliveries are received`, () => this.deliveries.length >= count);
  }
}

describeOnKafka('mailboxes in Kafka', () => {
  let settings: KafkaSettings;
  let topics: Topics;
  let mailboxes: KafkaMailboxes;
  let taken: Taken;
  let reported: unknown[];
  let closeTopics: () => Promise<void>;

  beforeEach(async () => {
    reported = [];
    const opened = await newTopics((error) => reported.push(error));
    ({ settings, topics, close: closeTopics } = opened);
    mailboxes = new KafkaMailboxes(settings, topics);
    taken = new Taken();
  });
  afterEach(async () => {
    await mailboxes.close();
    await closeTopics();
  });

  test('deliver 2,000 deliveries in order, in few records', async () => {
    const mailbox = await mailboxes.open('server', taken.receive);
    const deliveries = Array.from({ length: 2_000 }, (_, number) => numbered(number));
    await Promise.all(deliveries.map((each) => mailboxes.deliver('server', [each])));
    await taken.count(2_000);
    expect(taken.deliveries).toEqual(deliveries);
    expect(await topics.recordCount(mailboxTopic(settings.clusterName, 'server'))).toBeLessThan(10);
    await mailbox.close();
  });

  test('skip a record that cannot be read, and deliver those around it', async () => {
    const mailbox = await mailboxes.open('server', taken.receive);
    const producer = new BatchingProducer(settings);
    const topic = mailboxTopic(settings.clusterName, 'server');
    await mailboxes.deliver('server', [numbered(1)]);
    for (const value of ['', '[{"kind":', 'null', '7', '[null]', '[{"kind":7}]']) {
      await producer.send({ topic, partition: 0, value });
    }
    await producer.close();
    await mailboxes.deliver('server', [numbered(2)]);
    await taken.count(2);
    expect(taken.deliveries).toEqual([numbered(1), numbered(2)]);
    // A slow broker is reported too.
    expect(reported.filter((error) => String(error).includes(`of ${topic} cannot be read`))).toHaveLength(6);
    await mailbox.close();
  });

  test('accept deliveries that are together larger than a record may be', async () => {
    const mailbox = await mailboxes.open('server', taken.receive);
    const text = '\u0001'.repeat(40_000);
    const deliveries = Array.from({ length: 12 }, (_, number) => numbered(number, text));
    await mailboxes.deliver('server', deliveries);
    await taken.count(12);
    expect(taken.deliveries).toEqual(deliveries);
    await mailbox.close();
  });

  test('continue with the oldest delivery when older ones were deleted by age', async () => {
    await topics.createMailbox('server');
    for (const number of [1, 2, 3]) await mailboxes.deliver('server', [numbered(number)]);
    const admin = new Admin(clientOptions(settings));
    const name = mailboxTopic(settings.clusterName, 'server');
    await admin.deleteRecords({ topics: [{ name, partitions: [{ partition: 0, offset: 2n }] }] });
    await admin.close();
    const mailbox = await mailboxes.open('server', taken.receive);
    await taken.count(1);
    await mailboxes.deliver('server', [numbered(4)]);
    await taken.count(2);
    expect(taken.deliveries).toEqual([numbered(3), numbered(4)]);
    await mailbox.close();
  });

  test('of dead servers are listed and removed; deliveries to them are dropped', async () => {
    const [dead, alive] = [await mailboxes.open('dead', () => undefined), await mailboxes.open('alive', taken.receive)];
    await mailboxes.deliver('dead', [numbered(1)]);
    expect((await mailboxes.serverIds()).sort()).toEqual(['alive', 'dead']);
    await mailboxes.remove('dead');
    await mailboxes.remove('dead');
    expect(await mailboxes.serverIds()).toEqual(['alive']);
    await mailboxes.deliver('dead', [numbered(2)]);
    await mailboxes.deliver('alive', [numbered(3)]);
    await taken.count(1);
    await Promise.all([dead.close(), alive.close()]);
    expect(await mailboxes.serverIds()).toEqual([]);
  });

  test('are sent deliveries again while a broker does not know them yet', async () => {
    const mailbox = await mailboxes.open('server', taken.receive);
    const sends = spyOn(Producer.prototype, 'send');
    for (let time = 0; time < 2; time++) sends.mockRejectedValueOnce(new Error('Unknown topic of this broker'));
    await mailboxes.deliver('server', [numbered(1)]);
    const attempts = sends.mock.calls.length;
    sends.mockRestore();
    expect(attempts).toBe(3);
    await taken.count(1);
    expect(taken.deliveries).toEqual([numbered(1)]);
    await mailbox.close();
  });

  test('that a broker does not know for long reject deliveries and drop none, while they exist', async () => {
    const mailbox = await mailboxes.open('server', taken.receive);
    const sends = spyOn(Producer.prototype, 'send').mockRejectedValue(new Error('Unknown topic of this broker'));
    // Each attempt takes three of the five seconds.
    const time = spyOn(systemClock, 'monotonicMs').mockImplementation(() => 3_000 * sends.mock.calls.length);
    const attempts: number[] = [];
    for (const number of [1, 2]) {
      await expect(mailboxes.deliver('server', [numbered(number)])).rejects.toThrow('deliver to a mailbox');
      attempts.push(sends.mock.calls.length);
    }
    for (const spy of [sends, time]) spy.mockRestore();
    // The second call has no five seconds of its own.
    expect(attempts).toEqual([3, 4]);
    await mailboxes.deliver('server', [numbered(3)]);
    await taken.count(1);
    expect(taken.deliveries).toEqual([numbered(3)]);
    await mailbox.close();
  });

  test('that are removed while a trail is searched have no copies', async () => {
    const mailbox = await mailboxes.open('server', taken.receive);
    const trail = new KafkaTrail(settings, topics);
    // The removed one was listed a moment ago.
    const listed = spyOn(topics, 'mailboxes').mockResolvedValue(['removed', 'server']);
    const found = spyOn(topics, 'partitionsOf').mockResolvedValue([0]);
    const entry: Entry = {
      ...{ kind: 'joined', conversationId: 'group', seq: 1, atMs: Date.now(), messageCount: 0, senderId: 'ana' },
    };
    expect(await trail.copies(entry)).toEqual([]);
    for (const spy of [listed, found]) spy.mockRestore();
    await mailbox.close();
  });

  test('can be removed while the whole cluster is removed', async () => {
    const ids = ['first', 'second', 'third', 'fourth'];
    const opened = await Promise.all(ids.map((id) => mailboxes.open(id, () => undefined)));
    await Promise.all([topics.remove(), ...opened.map((mailbox) => mailbox.close())]);
    await topics.remove();
    expect(await mailboxes.serverIds()).toEqual([]);
  });
});
