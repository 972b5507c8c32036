import { systemClock } from '../../platform/clock.ts';
import { Unusable } from '../../platform/failures.ts';
import type { KafkaSettings } from './connection.ts';
import { type FetchedRecord, Fetcher } from './fetcher.ts';
import type { Offsets } from './positions.ts';
import type { Topics } from './topics.ts';

export interface RecordSearch<Content> {
  topic: string;
  /** The range of time, in milliseconds since the Unix epoch; up to the newest record when `toMs` is null. */
  fromMs: number;
  toMs: number | null;
  /** Returns the match in a record, or null. Called for every record of the range, so cheap tests come first. */
  read(record: FetchedRecord): Content | null;
}

export interface FoundRecord<Content> {
  partition: number;
  offset: bigint;
  atMs: number;
  content: Content;
}

/** Most matches are recent, so the newest minute is searched first, then the newest ten. */
const slicesMs = [60_000, 600_000];
const limitMs = 60_000;

/**
 * Searches a topic backwards in slices of time. Returns the matches of the newest slice that has some, newest first.
 * Consumers of the topic are not affected.
 *
 * @throws {Unusable} when it takes longer than a minute.
 */
export async function searchRecords<Content>(
  settings: KafkaSettings,
  topics: Topics,
  search: RecordSearch<Content>,
): Promise<FoundRecord<Content>[]> {
  const { topic, fromMs, toMs } = search;
  const { positions } = topics;
  const partitions = await topics.partitionsOf(topic);
  if (partitions.length === 0) return [];
  const deadline = AbortSignal.timeout(limitMs);
  const ends = await positions.ends(topic, partitions);
  const beginnings = await positions.beginnings(topic, partitions);
  const newestMs = toMs ?? systemClock.nowMs();
  let until = toMs === null ? ends : new Map([...ends, ...(await positions.since(topic, partitions, toMs + 1))]);
  for (const sliceMs of [...slicesMs, Number.POSITIVE_INFINITY]) {
    const sinceMs = Math.max(fromMs, newestMs - sliceMs);
    const since = await positions.since(topic, partitions, sinceMs);
    const from = new Map(
      partitions.map((each) => [each, firstOf(since.get(each), beginnings.get(each), until.get(each))]),
    );
    const found = await scan(settings, search, { from, until, deadline });
    if (found.length > 0) return found.sort((a, b) => b.atMs - a.atMs);
    if (sinceMs === fromMs) break;
    until = from;
  }
  return [];
}

/** The start of a slice in a partition: its first record, or its end when it is empty. */
function firstOf(since = -1n, beginning = 0n, until = 0n): bigint {
  if (since < 0n || since > until) return until;
  return since > beginning ? since : beginning;
}

/** Reads each partition from one position to another. */
async function scan<Content>(
  settings: KafkaSettings,
  { topic, read }: RecordSearch<Content>,
  { from, until, deadline }: { from: Offsets; until: Offsets; deadline: AbortSignal },
): Promise<FoundRecord<Content>[]> {
  const found: FoundRecord<Content>[] = [];
  const left = new Map([...until].filter(([partition, end]) => (from.get(partition) ?? end) < end));
  if (left.size === 0) return found;
  const finished = Promise.withResolvers<void>();
  const fetcher = new Fetcher({
    ...{ settings, topic },
    mayMiss: true,
    hasRoom: (partition) => left.has(partition),
    receive(partition, records) {
      const end = left.get(partition) ?? 0n;
      for (const record of records) {
        const content = record.offset < end ? read(record) : null;
        if (content !== null) found.push({ partition, offset: record.offset, atMs: record.atMs, content });
      }
      if ((records.at(-1)?.offset ?? 0n) + 1n < end) return;
      left.delete(partition);
      if (left.size === 0) finished.resolve();
    },
  });
  const late = () =>
    finished.reject(new Unusable(`the search of topic ${topic} takes too long: search a shorter time`));
  deadline.addEventListener('abort', late);
  try {
    fetcher.assign(new Map([...left.keys()].map((partition) => [partition, from.get(partition) ?? 0n])));
    await finished.promise;
    return found;
  } finally {
    deadline.removeEventListener('abort', late);
    await fetcher.close();
  }
}
