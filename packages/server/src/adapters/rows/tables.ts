import {
  claimsTable,
  deviceSecretsTable,
  invitationsTable,
  sessionsTable,
  sessionTokensTable,
  usersTable,
  userTermsTable,
} from './account-tables.ts';
import { amendmentsTable, pinsTable, reactionsTable } from './amendment-tables.ts';
import {
  activityTimesTable,
  bansTable,
  channelTermsTable,
  conversationsTable,
  membershipsTable,
  participantsTable,
  readPositionsTable,
} from './conversation-tables.ts';
import { entriesTable } from './entry-rows.ts';
import { feedTable, followerTables } from './follower-tables.ts';
import { numberedBeside, numberedInstead } from './numbered-tables.ts';
import { serverSettingsTable } from './settings-table.ts';
import { type AnyTable, type Placement, Table } from './table.ts';

const logPositionsTable = new Table<{ logId: string; decidedTo: number }>(
  'log_positions',
  { logId: 'text', decidedTo: 'number' },
  {
    key: [],
    engines: 'postgres',
    placement: 'the shard that it describes',
  },
);

const shardEpochsTable = new Table<{ epoch: string }>(
  'shard_epochs',
  { epoch: 'text' },
  {
    key: [],
    engines: 'postgres',
    placement: 'the shard that it describes',
  },
);

const epochTable = new Table<{ onlyRow: number; epoch: string; isCopy: boolean }>(
  'epoch',
  { onlyRow: 'number', epoch: 'text', isCopy: 'flag' },
  {
    key: ['only_row'],
    engines: 'sqlite',
    placement: 'its server',
  },
);

/** A migration does not copy the level, because the cluster has its own. */
const featureLevelTables: readonly AnyTable[] = [
  new Table<{ onlyRow: number; level: number }>(
    'feature_level',
    { onlyRow: 'number', level: 'number' },
    { key: ['only_row'], engines: 'sqlite', placement: 'its server' },
  ),
  new Table<{ onlyRow: boolean; level: number }>(
    'feature_level',
    { onlyRow: 'flag', level: 'number' },
    { key: ['only_row'], engines: 'postgres', placement: 'its server' },
  ),
];

const clusterTable = new Table<{ onlyRow: boolean; shards: number; madeFor: string }>(
  'cluster',
  { onlyRow: 'flag', shards: 'number', madeFor: 'text' },
  {
    key: ['only_row'],
    engines: 'postgres',
    placement: 'its server',
  },
);

const shardsTable = new Table<{ shard: number; state: string }>(
  'shards',
  { shard: 'number', state: 'text' },
  {
    key: ['shard'],
    engines: 'postgres',
    placement: 'its server',
  },
);

const migrationsTable = new Table<{ version: number; worksFrom: number }>(
  'migrations',
  { version: 'number', worksFrom: 'number' },
  {
    key: ['version'],
    engines: 'postgres',
    placement: 'its server',
  },
);

/**
 * All tables, each after the tables that its rows refer to. The schema, the move of a shard and its clean-up,
 * verification and migration use this list; a test compares it with the tables of the databases.
 */
const tables: readonly AnyTable[] = [
  usersTable,
  conversationsTable,
  channelTermsTable,
  entriesTable,
  reactionsTable,
  pinsTable,
  amendmentsTable,
  participantsTable,
  bansTable,
  activityTimesTable,
  membershipsTable,
  readPositionsTable,
  userTermsTable,
  sessionsTable,
  deviceSecretsTable,
  invitationsTable,
  serverSettingsTable,
  claimsTable,
  sessionTokensTable,
  logPositionsTable,
  shardEpochsTable,
  epochTable,
  ...featureLevelTables,
  feedTable,
  ...followerTables,
  clusterTable,
  shardsTable,
  migrationsTable,
];

export const sqliteTables: readonly AnyTable[] = [
  ...tables
    .filter(({ description }) => description.engines !== 'postgres')
    .map((table) => numberedInstead.find(({ name }) => name === table.name) ?? table),
  ...numberedBeside,
];
export const postgresTables = tables.filter(({ description }) => description.engines !== 'sqlite');
/** The tables that a migration copies. */
export const migratedTables = tables.filter(({ description }) => description.engines === 'both');

/** A column with the id of a row of another table. */
interface Reference {
  table: string;
  column: string;
  to: 'users' | 'conversations';
  /** Whether both rows are always in one shard. */
  sameShard: boolean;
}

export const references: readonly Reference[] = tables.flatMap(({ name, description }) =>
  Object.entries(description.references ?? {}).flatMap(([column, to]) =>
    to === undefined ? [] : [{ table: name, column, to, sameShard: placingColumn(description.placement) === column }],
  ),
);

/** The column with the id that determines the shard of a row. */
export function placingColumn(placement: Placement<string>): string | undefined {
  return typeof placement === 'string' ? undefined : placement.by;
}
