import { expect, test } from 'bun:test';
import { KafkaCommandLog } from '../../src/adapters/kafka/command-log.ts';
import type { KafkaSettings } from '../../src/adapters/kafka/connection.ts';
import { KafkaMailboxes } from '../../src/adapters/kafka/mailboxes.ts';
import { Topics } from '../../src/adapters/kafka/topics.ts';
import type { Delivery } from '../../src/connections/mailbox-port.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { OwnBrokers, withoutOwnBrokers } from '../support/own-brokers.ts';
import { until } from '../support/until.ts';
import { BatchHandler, record, requestOf } from './command-log-contract.ts';
import { shardsUnderTest } from './kafka-under-test.ts';
import { eventually, rejection } from './own-redis.ts';
import { describeUnless } from './redis-under-test.ts';

/** A broker that starts has the processor to itself only on an idle machine. */
const startMs = 300_000;
const onceStarted = <Answer>(call: () => Promise<Answer>) => eventually(call, startMs);
const delivery: Delivery = { kind: 'outcome', requestId: 'request', outcome: { kind: 'unchanged' } };

describeUnless(withoutOwnBrokers ?? undefined, 'a Kafka broker', () => {
  test('that becomes unavailable is used again for sending, consuming and mailboxes when it is back', async () => {
    const kafka = await OwnBrokers.start(1);
    const settings: KafkaSettings = {
      ...{ brokers: [kafka.addresses], clusterName: 'parley', tls: false, sasl: null },
      report: () => undefined,
    };
    const topics = new Topics(settings);
    const log = new KafkaCommandLog(settings, { shards: shardsUnderTest });
    const mailboxes = new KafkaMailboxes(settings, topics);
    const handler = new BatchHandler();
    const handled = (request: string) =>
      until(`${request} is handled`, () => handler.handled.includes(request), { withinMs: startMs, pauseMs: 20 });
    const delivered: Delivery[] = [];
    try {
      await onceStarted(() => topics.create({ shards: shardsUnderTest, replicationFactor: 1 }));
      const consumer = await onceStarted(() => log.consume(handler.handle));
      const mailbox = await onceStarted(() =>
        mailboxes.open('server', (deliveries) => {
          delivered.push(...deliveries);
        }),
      );
      const before = record();
      await onceStarted(() => log.append(before));
      await handled(requestOf(before));
      await onceStarted(() => mailboxes.deliver('server', [delivery]));

      await kafka.kill(0);
      expect(await rejection(log.append(record()))).toBeInstanceOf(Unavailable);
      expect(await rejection(mailboxes.deliver('server', [delivery]))).toBeInstanceOf(Unavailable);
      expect(await rejection(topics.ping())).toBeInstanceOf(Unavailable);

      kafka.startAgain(0);
      const after = record();
      await onceStarted(() => log.append(after));
      await handled(requestOf(after));
      const { length } = delivered;
      await onceStarted(() => mailboxes.deliver('server', [delivery]));
      await until('the delivery is received', () => delivered.length > length, {
        withinMs: startMs,
        pauseMs: 20,
      });

      kafka.signal(0, 'SIGSTOP');
      const waiting = await Promise.all([record(), record()].map((each) => rejection(log.append(each))));
      for (const error of waiting) expect(error).toBeInstanceOf(Unavailable);
      kafka.signal(0, 'SIGCONT');
      const last = record();
      await onceStarted(() => log.append(last));
      await handled(requestOf(last));
      await mailbox.close();
      await consumer.close();
    } finally {
      await kafka.remove();
      await Promise.allSettled([log.close(), mailboxes.close(), topics.close()]);
    }
  });
});
