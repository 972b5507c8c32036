import { describe, expect, test } from 'bun:test';
import { parsePart } from '../../src/adapters/kafka/feed-records.ts';
import { KafkaFeedWriter } from '../../src/adapters/kafka/feed-writer.ts';
import type { FeedPart } from '../../src/feed/feed-port.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { until } from '../support/until.ts';

function part(partition: number, from: number, to = from + 1): FeedPart {
  const positions = Array.from({ length: to - from }, (_, index) => from + index);
  return {
    reach: { partition, logId: 'log', from, to },
    epoch: 'e',
    records: positions.map((position) => {
      return { conversationId: 'c', seq: position + 1, revision: 0, kind: 'message', position, again: false };
    }),
  };
}

/** A writer whose brokers refuse some partitions. As in a real producer, one refused partition fails the whole send. */
function writerUnderTest() {
  const refused = new Set<number>();
  const written = new Map<number, number[]>();
  const reported: unknown[] = [];
  let together: { partition: number; value: string | Buffer }[] = [];
  const producer = {
    async send({ partition, value }: { partition: number; value: string | Buffer }) {
      together.push({ partition, value });
      const sent = together;
      await new Promise((next) => setImmediate(next));
      together = [];
      if (sent.some((each) => refused.has(each.partition))) throw new Unavailable('too few replicas');
      const positions = parsePart(partition, Buffer.from(value)).records.map(({ position }) => position);
      written.set(partition, [...(written.get(partition) ?? []), ...positions]);
    },
    close: async () => undefined,
  };
  const report = (error: unknown) => void reported.push(error);
  const settings = { brokers: [], clusterName: 'c', tls: false, sasl: null, report };
  return { refused, written, reported, writer: new KafkaFeedWriter(settings, producer) };
}

describe('the writer of the feed in Kafka', () => {
  test('flush writes the queued parts, in order within a partition, and returns the written partitions', async () => {
    const { writer, written } = writerUnderTest();
    await writer.append([part(1, 0), part(2, 0)]);
    await writer.append([part(1, 1)]);
    expect(await writer.flush([1, 2, 3])).toEqual(new Set([1, 2, 3]));
    expect(written).toEqual(
      new Map([
        [1, [0, 1]],
        [2, [0]],
      ]),
    );
    await writer.close();
  });

  test('a partition that cannot be written does not block the others', async () => {
    const { writer, written, refused } = writerUnderTest();
    refused.add(1);
    await writer.append([part(1, 0), part(2, 0), part(3, 0)]);
    await until('the others are written', async () => {
      const done = await writer.flush([1, 2, 3]);
      expect(done.has(1)).toBe(false);
      return done.has(2) && done.has(3);
    });
    await writer.append([part(2, 1)]);
    await until('a later part is written', async () => (await writer.flush([2])).has(2));
    refused.clear();
    await until('the partition is written', async () => (await writer.flush([1])).has(1));
    expect(written).toEqual(
      new Map([
        [2, [0, 1]],
        [3, [0]],
        [1, [0]],
      ]),
    );
    await writer.close();
  });

  test('has no room for a partition while too many of its records are queued, and refuses nothing', async () => {
    const { writer, written, refused } = writerUnderTest();
    refused.add(1);
    let accepted = 0;
    const fill = async () => {
      for (; accepted < 100 && writer.hasRoom(1); accepted++)
        await writer.append([part(1, accepted * 1_000, (accepted + 1) * 1_000)]);
    };
    await fill();
    expect(accepted).toBeLessThan(100);
    expect(writer.hasRoom(2)).toBe(true);
    // A batch that was taken before is queued too: refusing it would fail the other partitions of the batch.
    await writer.append([part(1, accepted * 1_000, ++accepted * 1_000), part(2, 1)]);
    await writer.append([part(2, 0)]);
    await until('the other partition is written', async () => (await writer.flush([2])).has(2));
    refused.clear();
    // Without another append or flush, the writer retries by itself.
    await until('the partition is written', () => written.has(1));
    expect(writer.hasRoom(1)).toBe(true);
    await writer.append([part(1, accepted * 1_000)]);
    await writer.flush([1]);
    expect(written.get(1)).toHaveLength(accepted * 1_000 + 1);
    await writer.close();
  });
});
