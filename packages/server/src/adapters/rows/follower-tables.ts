import { type AnyTable, Table } from './table.ts';

/** The feed of an embedded server; `records` is JSON, see `adapters/sqlite/feed.ts`. */
export const feedTable = new Table<{ decidedTo: number; atMs: number; records: string }>(
  'feed',
  { decidedTo: 'number', atMs: 'number', records: 'text' },
  { key: ['decided_to'], engines: 'sqlite', placement: 'its server' },
);

/** The progress of a follower. */
interface StoredProgress {
  follower: string;
  epoch: string;
  logId: string;
  appliedTo: number;
  setAside: number;
  /** A JSON array, newest first. */
  newestSetAside: string;
}

const progress = {
  follower: 'text',
  epoch: 'text',
  logId: 'text',
  appliedTo: 'number',
  setAside: 'number',
  newestSetAside: 'text',
} as const;

interface StoredTotals {
  messages: number;
  directConversations: number;
  groups: number;
  channels: number;
}

const counts = { messages: 'number', directConversations: 'number', groups: 'number', channels: 'number' } as const;

/** A migration does not copy these tables: the followers of the cluster build them from the copied conversations. */
export const followerTables: readonly AnyTable[] = [
  new Table<StoredProgress>('follower_progress', progress, {
    ...{ key: ['follower'], engines: 'sqlite', placement: 'its server' },
  }),
  new Table<StoredProgress & { currentAt: string }>(
    'follower_progress',
    { ...progress, currentAt: 'time' },
    { key: ['follower'], engines: 'postgres', placement: 'the shard that it describes' },
  ),
  new Table<StoredTotals & { onlyRow: number }>(
    'totals',
    { onlyRow: 'number', ...counts },
    { key: ['only_row'], engines: 'sqlite', placement: 'its server' },
  ),
  new Table<StoredTotals>('totals', counts, {
    ...{ key: [], engines: 'postgres', placement: 'the shard that it describes' },
  }),
];
