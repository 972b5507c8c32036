import { expect, test } from 'bun:test';
import { shardOf } from '../../src/platform/shards.ts';

// Stored rows and Kafka partitions are placed by these values.
test.each([
  ['', 949_259],
  ['ana', 48_210],
  ['01a21a48-005b-7315-baac-49de8eaafa9c', 531_825],
  ['Ænima 漢字 😀', 822_355],
])('the shard of %j never changes', (id, shard) => {
  expect(shardOf(id, 2 ** 20)).toBe(shard);
});
