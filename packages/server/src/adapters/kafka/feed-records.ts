import type { ConversationId } from '@parley/protocol';
import type { FeedPart, FeedRecord } from '../../feed/feed-port.ts';

/** Compact, because there is one for each message. `position` is relative to the start of the part. */
type StoredRecord = [
  conversationId: ConversationId,
  seq: number,
  revision: number,
  kind: string,
  position: number,
  again?: 1,
];

interface StoredPart {
  log: string;
  from: number;
  to: number;
  epoch?: string;
  records: StoredRecord[];
}

/** The maximum number of feed records in one Kafka record; keeps it well below the brokers' `max.message.bytes`. */
const recordsMax = 2_000;

/** Merges consecutive parts of a partition, up to a maximum size. */
export function merged(parts: readonly FeedPart[]): FeedPart[] {
  const result: MergedPart[] = [];
  const last = new Map<number, MergedPart>();
  for (const part of parts) {
    const before = last.get(part.reach.partition);
    if (before && follows(before, part)) {
      before.reach = { ...before.reach, to: part.reach.to };
      if (before.records.length === 0) before.epoch = part.epoch;
      before.records.push(...part.records);
    } else {
      const next = { reach: part.reach, epoch: part.epoch, records: [...part.records] };
      last.set(part.reach.partition, next);
      result.push(next);
    }
  }
  return result;
}

interface MergedPart extends FeedPart {
  reach: FeedPart['reach'];
  epoch: FeedPart['epoch'];
  records: FeedRecord[];
}

function follows(first: FeedPart, second: FeedPart): boolean {
  const { reach, records } = first;
  const isNext = second.reach.logId === reach.logId && second.reach.from === reach.to;
  const isOfEpoch = records.length === 0 || second.records.length === 0 || first.epoch === second.epoch;
  return isNext && isOfEpoch && records.length + second.records.length <= recordsMax;
}

export function formatPart({ reach: { logId, from, to }, epoch, records }: FeedPart): string {
  const stored: StoredPart = {
    ...{ log: logId, from, to, ...(epoch !== undefined && { epoch }) },
    records: records.map(({ conversationId, seq, revision, kind, position, again }) =>
      again
        ? [conversationId, seq, revision, kind, position - from, 1]
        : [conversationId, seq, revision, kind, position - from],
    ),
  };
  return JSON.stringify(stored);
}

/** Throws when the value is no part of a feed. */
export function parsePart(partition: number, value: Buffer): FeedPart {
  const content: unknown = JSON.parse(value.toString());
  if (!isPart(content)) throw new Error('it is no part of a feed');
  const { log: logId, from, to, epoch, records } = content;
  return {
    reach: { partition, logId, from, to },
    epoch,
    records: records.map(
      ([conversationId, seq, revision, kind, position, again]): FeedRecord => ({
        ...{ conversationId, seq, revision, kind },
        ...{ position: from + position, again: again === 1 },
      }),
    ),
  };
}

function isPart(content: unknown): content is StoredPart {
  if (typeof content !== 'object' || content === null) return false;
  const { log, from, to, epoch, records } = content as Partial<Record<keyof StoredPart, unknown>>;
  return (
    typeof log === 'string' &&
    [from, to].every(Number.isSafeInteger) &&
    (epoch === undefined || typeof epoch === 'string') &&
    Array.isArray(records) &&
    records.every((record) => isRecord(record, Number(from)))
  );
}

function isRecord(record: unknown, from: number): record is StoredRecord {
  if (!Array.isArray(record)) return false;
  const [conversationId, seq, revision, kind, position] = record;
  return (
    [conversationId, kind].every((text) => typeof text === 'string') &&
    [seq, revision, position].every(Number.isSafeInteger) &&
    Number.isSafeInteger(from + position)
  );
}
