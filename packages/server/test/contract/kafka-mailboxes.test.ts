import { afterEach, beforeEach, expect, test } from 'bun:test';
import { Admin } from '@platformatic/kafka';
import { clientOptions, type KafkaSettings } from '../../src/adapters/kafka/connection.ts';
import { KafkaMailboxes } from '../../src/adapters/kafka/mailboxes.ts';
import { mailboxTopic, type Topics } from '../../src/adapters/kafka/topics.ts';
import type { Delivery } from '../../src/connections/mailbox-port.ts';
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
  let closeTopics: () => Promise<void>;

  beforeEach(async () => {
    const opened = await newTopics();
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

  test('can be removed while the whole cluster is removed', async () => {
    const ids = ['first', 'second', 'third', 'fourth'];
    const opened = await Promise.all(ids.map((id) => mailboxes.open(id, () => undefined)));
    await Promise.all([topics.remove(), ...opened.map((mailbox) => mailbox.close())]);
    await topics.remove();
    expect(await mailboxes.serverIds()).toEqual([]);
  });
});
