const offsetBasis = 0x811c9dc5;
const prime = 0x01000193;
const lastAscii = 0x7f;

/**
 * The logical shard of an id, from 0 to `shards` - 1: FNV-1a (32 bits, over UTF-8; RFC 9923) with the finalizer of
 * MurmurHash3, which spreads ids that differ in few bits. It is the Kafka partition of a conversation's commands and
 * the PostgreSQL shard of its rows. It must never change, because the placement of stored data depends on it.
 */
export function shardOf(id: string, shards: number): number {
  let hash = fnv(id);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % shards;
}

/** Hashes the characters of ASCII text directly: it runs often for each message, and a buffer takes most of its time. */
function fnv(text: string): number {
  let hash = offsetBasis;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > lastAscii) return fnvOfBytes(Buffer.from(text));
    hash = Math.imul(hash ^ unit, prime);
  }
  return hash;
}

function fnvOfBytes(bytes: Uint8Array): number {
  let hash = offsetBasis;
  // A loop by index: an iterator over the bytes takes three times as long.
  for (let index = 0; index < bytes.length; index++) hash = Math.imul(hash ^ (bytes[index] ?? 0), prime);
  return hash;
}
