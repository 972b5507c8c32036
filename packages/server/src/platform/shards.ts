const offsetBasis = 0x811c9dc5;
const prime = 0x01000193;

/**
 * The logical shard of an id, from 0 to `shards` - 1: FNV-1a (32 bits, over UTF-8; RFC 9923) with the finalizer of
 * MurmurHash3, which spreads ids that differ in few bits. It is the Kafka partition of a conversation's commands and
 * the PostgreSQL shard of its rows. It must never change, because the placement of stored data depends on it.
 */
export function shardOf(id: string, shards: number): number {
  const bytes = Buffer.from(id);
  let hash = offsetBasis;
  // A loop by index: an iterator over the bytes takes three times as long, and this runs often for each message.
  for (let index = 0; index < bytes.length; index++) hash = Math.imul(hash ^ (bytes[index] ?? 0), prime);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % shards;
}
