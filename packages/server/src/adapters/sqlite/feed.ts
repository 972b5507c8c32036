import type { Database } from 'bun:sqlite';
import type { ConversationId } from '@parley/protocol';
import { type Feed, type FeedPart, type FeedReader, type FeedRecord, takeMax } from '../../feed/feed-port.ts';
import type { Changes } from '../../history/history-port.ts';
import { epochOf } from './epoch.ts';
import { appliedTo, feedLogId } from './follower-progress.ts';
import type { GroupCommit } from './group-commit.ts';

/** The only partition of the feed. */
const feedPartition = 0;

/** How many records are kept for followers that are behind. */
export const defaultFeedRecords = 1_000_000;
/** Old rows are deleted once per this number of batches, at most `rowsPerTrim` at a time. */
const batchesBetweenTrims = 256;
const rowsPerTrim = 1_024;
/** The maximum number of rows that one `take` reads. */
const rowsPerTake = 1_000;

/** How many ids of conversations a reader keeps. */
const keptIds = 10_000;

/**
 * A record as it is stored. The conversation is its number; versions before this one stored its id. Messages that were
 * not amended have no revision and no kind.
 */
type StoredRecord = [conversation: number | ConversationId, seq: number, revision?: number, kind?: string];

/** The number of the conversation of an entry that is being written. */
type NumberOf = (entry: { conversationId: ConversationId; seq: number }) => number;

/**
 * The feed in SQLite: an outbox, written in the same transaction as the entries. A row has the records of one batch as
 * JSON, so that a batch needs one insert. `decided_to` is the position after the last record of the row; positions count
 * records. The newest row is never deleted, so that positions are never reused.
 */
export class SqliteFeed implements Feed {
  private readonly statements: ReturnType<typeof prepare>;
  private readonly readers = new Set<SqliteFeedReader>();
  private batches = 0;

  constructor(
    private readonly writes: GroupCommit,
    private readonly recordsMax = defaultFeedRecords,
  ) {
    this.statements = prepare(writes.database);
  }

  /** Call this within the transaction that writes the changes. */
  append({ entries, amendments, heads }: Pick<Changes, 'entries' | 'amendments' | 'heads'>, numberOf: NumberOf): void {
    const records = entries.map(({ entry }): StoredRecord => {
      const { seq, kind } = entry;
      return kind === 'message' ? [numberOf(entry), seq] : [numberOf(entry), seq, 0, kind];
    });
    // An entry precedes its amendments, and those are in the order of their revisions.
    for (const record of amendments?.records ?? []) {
      records.push([numberOf(record), record.seq, record.revision, record.kind]);
    }
    if (records.length === 0) return;
    const atMs = heads.reduce(
      (latest, { lastEntryAtMs, amendedAtMs }) => Math.max(latest, lastEntryAtMs, amendedAtMs),
      0,
    );
    this.statements.append.run(records.length, atMs, JSON.stringify(records));
    if (this.batches++ % batchesBetweenTrims === 0) this.trim();
    // The transaction commits in this turn of the event loop, before any reader runs.
    for (const reader of this.readers) reader.wake();
  }

  async open(follower: string, wake: () => void): Promise<FeedReader> {
    const from = appliedTo(this.writes.database, follower) ?? 0;
    const reader = new SqliteFeedReader(this.writes, { from, wake, close: () => this.readers.delete(reader) });
    this.readers.add(reader);
    return reader;
  }

  /** Deletes the records that every follower has applied, and the oldest records above the maximum. */
  private trim(): void {
    const end = this.statements.end.get()?.decided_to ?? 0;
    const applied = this.statements.applied.get()?.applied_to ?? end;
    const upTo = Math.max(applied, end - this.recordsMax);
    this.statements.trim.run(Math.min(upTo, end - 1), rowsPerTrim);
  }
}

interface ReaderOptions {
  from: number;
  wake(): void;
  close(): void;
}

class SqliteFeedReader implements FeedReader {
  readonly partitions: ReadonlySet<number> = new Set([feedPartition]);
  hasMore = false;
  /** All records before this position are acknowledged. */
  private position: number;
  private taken: number;
  /** The ids of conversations by their numbers; these never change. */
  private readonly ids = new Map<number, ConversationId>();
  private readonly statements: Pick<ReturnType<typeof prepare>, 'next' | 'id'>;

  constructor(
    private readonly writes: GroupCommit,
    private readonly options: ReaderOptions,
  ) {
    this.position = options.from;
    this.taken = options.from;
    this.statements = prepare(writes.database);
  }

  wake(): void {
    this.options.wake();
  }

  take(): Promise<FeedPart[]> {
    return this.writes.read(() => {
      const epoch = epochOf(this.writes.database);
      const parts: FeedPart[] = [];
      let count = 0;
      let rows = 0;
      for (const row of this.statements.next.iterate(this.position, rowsPerTake)) {
        rows++;
        this.taken = row.decided_to;
        const part = this.partOf(row, epoch);
        if (!part) continue;
        parts.push(part);
        count += part.records.length;
        if (count >= takeMax) break;
      }
      this.hasMore = count >= takeMax || rows === rowsPerTake;
      return parts;
    });
  }

  done(partitions: ReadonlySet<number>): void {
    if (partitions.has(feedPartition)) this.position = this.taken;
  }

  async close(): Promise<void> {
    this.options.close();
  }

  /** Returns null for a row that cannot be read. The follower then sees a gap and rebuilds from the stores. */
  private partOf({ decided_to: to, records: text }: FeedRow, epoch: string): FeedPart | null {
    const stored = storedRecords(text);
    if (stored === null) return null;
    const from = to - stored.length;
    const records: FeedRecord[] = [];
    for (const [conversation, seq, revision = 0, kind = 'message'] of stored) {
      const conversationId = this.idOf(conversation);
      if (conversationId === undefined) return null;
      records.push({ conversationId, seq, revision, kind, position: from + records.length, again: false });
    }
    return { reach: { partition: feedPartition, logId: feedLogId, from, to }, epoch, records };
  }

  private idOf(conversation: number | ConversationId): ConversationId | undefined {
    if (typeof conversation === 'string') return conversation;
    const known = this.ids.get(conversation);
    if (known !== undefined) return known;
    const id = this.statements.id.get(conversation)?.id;
    if (this.ids.size >= keptIds) this.ids.clear();
    if (id !== undefined) this.ids.set(conversation, id);
    return id;
  }
}

function storedRecords(text: string): StoredRecord[] | null {
  try {
    return JSON.parse(text) as StoredRecord[];
  } catch {
    return null;
  }
}

interface FeedRow {
  decided_to: number;
  records: string;
}

function prepare(database: Database) {
  return {
    append: database.query<null, [number, number, string]>(
      'INSERT INTO feed (decided_to, at_ms, records) SELECT coalesce(max(decided_to), 0) + ?, ?, ? FROM feed',
    ),
    end: database.query<{ decided_to: number | null }, []>('SELECT max(decided_to) AS decided_to FROM feed'),
    // A follower without a row builds its data from the stores and needs no records.
    applied: database.query<{ applied_to: number | null }, []>(
      'SELECT min(applied_to) AS applied_to FROM follower_progress',
    ),
    next: database.query<FeedRow, [number, number]>(
      'SELECT decided_to, records FROM feed WHERE decided_to > ? ORDER BY decided_to LIMIT ?',
    ),
    id: database.query<{ id: string }, [number]>('SELECT id FROM conversations WHERE number = ?'),
    trim: database.query<null, [number, number]>(
      'DELETE FROM feed WHERE decided_to IN (SELECT decided_to FROM feed WHERE decided_to <= ? ORDER BY decided_to LIMIT ?)',
    ),
  };
}
