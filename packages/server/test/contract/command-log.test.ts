import { expect, test } from 'bun:test';
import { KafkaCommandLog } from '../../src/adapters/kafka/command-log.ts';
import { MemoryCommandLog } from '../../src/adapters/memory/command-log.ts';
import type { CommandRecord } from '../../src/distribution/command-log-port.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { withoutService } from '../support/services.ts';
import { until } from '../support/until.ts';
import { type AdapterUnderTest, runContract } from './adapter-under-test.ts';
import { type CommandLogUnderTest, describeCommandLogContract } from './command-log-contract.ts';
import { commandLogOnModel, kafkaModel } from './kafka-model-under-test.ts';
import { newTopics, patientGroup, shardsUnderTest } from './kafka-under-test.ts';

const withoutKafka = withoutService('kafka');

const adapters: AdapterUnderTest<CommandLogUnderTest>[] = [
  {
    name: 'memory',
    async open() {
      const clock = new FakeClock();
      return {
        log: new MemoryCommandLog(clock, () => undefined),
        async passRetryPause() {
          await clock.untilAwaited();
          clock.advance(1_000);
        },
        close: async () => undefined,
      };
    },
  },
  { name: kafkaModel, open: commandLogOnModel },
  { name: 'kafka', ...(withoutKafka !== null && { absent: withoutKafka }), open: kafkaLog },
];

async function kafkaLog(): Promise<CommandLogUnderTest> {
  const { settings, close } = await newTopics();
  const log = new KafkaCommandLog(settings, { shards: shardsUnderTest, times: patientGroup });
  return {
    log,
    passRetryPause: async () => undefined,
    async close() {
      await log.close();
      await close();
    },
  };
}

runContract(adapters, describeCommandLogContract);

const record: CommandRecord = {
  command: { kind: 'join', conversationId: 'conversation', actorId: 'somebody', commandId: 'command' },
  replyTo: { serverId: 'server', requestId: 'request' },
};

test('memory: all commands of one turn of the event loop are one batch, up to 512', async () => {
  const turns: (() => void)[] = [];
  const log = new MemoryCommandLog(
    new FakeClock(),
    () => undefined,
    (run) => turns.push(run),
  );
  const sizes: number[] = [];
  const handled = Promise.withResolvers<void>();
  const consumer = await log.consume(async ({ records }) => {
    sizes.push(records.length);
    if (records.length < 512) handled.resolve();
  });
  for (let index = 0; index < 1_100; index++) {
    await log.append(record);
    await Promise.resolve();
  }
  expect(sizes).toEqual([]);
  turns[0]?.();
  await handled.promise;
  expect(sizes).toEqual([512, 512, 76]);
  await consumer.close();
});

test('memory: the failure of a batch is reported', async () => {
  const reported = Promise.withResolvers<unknown>();
  const log = new MemoryCommandLog(new FakeClock(), reported.resolve);
  const fault = new Error('the store is unavailable');
  const consumer = await log.consume(() => Promise.reject(fault));
  await log.append(record);
  expect(await reported.promise).toBe(fault);
  await consumer.close();
});

test('memory: a sender that waits for each outcome waits for nothing else', async () => {
  // This clock stands still: a wait for it would not end.
  const log = new MemoryCommandLog(new FakeClock(), () => undefined, setImmediate, new FakeClock());
  let batches = 0;
  const consumer = await log.consume(async () => void batches++);
  for (let sent = 1; sent <= 20; sent++) {
    await log.append(record);
    await until('the command is handled', () => batches === sent);
  }
  await consumer.close();
});

test('memory: commands that arrive during a batch are gathered until some time after its start', async () => {
  const pace = new FakeClock();
  const log = new MemoryCommandLog(new FakeClock(), () => undefined, setImmediate, pace);
  const sizes: number[] = [];
  const last = Promise.withResolvers<void>();
  const consumer = await log.consume(async ({ records }) => {
    sizes.push(records.length);
    if (sizes.length === 1) await log.append(record);
    else last.resolve();
  });
  await log.append(record);
  await pace.untilAwaited();
  for (let index = 0; index < 4; index++) await log.append(record);
  expect(sizes).toEqual([1]);
  pace.advance(4);
  await last.promise;
  expect(sizes).toEqual([1, 5]);
  await consumer.close();
});
