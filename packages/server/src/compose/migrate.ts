import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { setEpochs } from '../adapters/postgres/epochs.ts';
import { storedLevels } from '../adapters/postgres/feature-level.ts';
import { importRows, someUsers } from '../adapters/postgres/import.ts';
import type { ShardedDatabase } from '../adapters/postgres/sharded-database.ts';
import { postgresStores } from '../adapters/postgres/stores.ts';
import { firstUser, usernameClaim } from '../adapters/postgres/user-store.ts';
import { claimsTable, sessionsTable, sessionTokensTable, usersTable } from '../adapters/rows/account-tables.ts';
import { conversationsTable } from '../adapters/rows/conversation-tables.ts';
import type { AnyTable } from '../adapters/rows/table.ts';
import { migratedTables, placingColumn } from '../adapters/rows/tables.ts';
import { databaseFile } from '../adapters/sqlite/database.ts';
import { Export, type ExportedRow } from '../adapters/sqlite/export.ts';
import type { Ban, Participant } from '../conversations/conversation.ts';
import { systemClock } from '../platform/clock.ts';
import { isServed } from '../platform/control-socket.ts';
import { FolderHeld, Unusable } from '../platform/failures.ts';
import type { Adapters } from './adapters.ts';
import { type ClusterConfig, openServices } from './cluster.ts';
import { embeddedAdapters } from './embedded.ts';

const usersExamined = 1_000;
const pageEntries = 500;
const pageMembers = 500;
const pageBans = 500;

export interface Migration {
  rows: number;
  conversations: number;
  /** A sentence for each conversation that differs. */
  faults: string[];
}

/**
 * Copies an embedded installation into a cluster that holds nothing else, then compares every conversation. Rows that
 * exist already are kept, so an interrupted migration can be repeated.
 *
 * @throws {Unusable} when the folder has no database or is in use, or when the cluster has other accounts.
 */
export async function migrateToCluster(
  dataFolder: string,
  config: ClusterConfig,
  tell: (step: string) => void,
): Promise<Migration> {
  const file = join(dataFolder, databaseFile);
  if (!existsSync(file)) throw new Unusable(`--from: there is no Parley database in ${dataFolder}`);
  // Opening the database brings its schema to this version, and keeps servers from starting on it meanwhile.
  const source = await unserved(dataFolder);
  const services = await openServices(config);
  const exported = new Export(file);
  try {
    await refuseStrangers(source, services.database);
    await refuseLaterLevel(source, services.database);
    let rows = 0;
    for (const table of migratedTables) {
      tell(`copying ${table.name}`);
      for (const page of exported.pages(table)) {
        await copyPage(services.database, table, page);
        rows += page.length;
      }
    }
    await claimFirstUser(services.database, exported);
    const shards = Array.from({ length: services.database.shards }, (_, shard) => shard);
    await setEpochs(services.database, shards, exported.epoch);
    tell('comparing');
    const compared = await compare(source, services.database, exported);
    return { rows, ...compared };
  } finally {
    exported.close();
    await services.close();
    await source.close();
  }
}

async function unserved(dataFolder: string): Promise<Adapters> {
  const refusal = `--from: ${dataFolder} is being served: stop that server first, and do not start it again`;
  if (await isServed(dataFolder)) throw new Unusable(refusal);
  try {
    return embeddedAdapters(dataFolder, systemClock);
  } catch (cause) {
    throw cause instanceof FolderHeld ? new Unusable(refusal, { cause }) : cause;
  }
}

async function refuseStrangers(source: Adapters, database: ShardedDatabase): Promise<void> {
  const present = await someUsers(database, usersExamined);
  const known = await source.users.byIds(present);
  if (known.length === present.length) return;
  throw new Unusable('the cluster has accounts of its own: an installation can be moved only to an empty cluster');
}

async function refuseLaterLevel(source: Adapters, database: ShardedDatabase): Promise<void> {
  const [level, clusterLevel] = [await source.featureLevel(), Math.min(...(await storedLevels(database)))];
  if (level <= clusterLevel) return;
  throw new Unusable(
    `--from has feature level ${level}, and the cluster ${clusterLevel}: run "parley cluster upgrade" before`,
  );
}

async function copyPage(database: ShardedDatabase, table: AnyTable, page: ExportedRow[]): Promise<void> {
  const column = placingColumn(table.description.placement);
  if (column === undefined) throw new Error(`the shard of the rows of ${table.name} is not defined`);
  await importRows(database, table, page, (row) => String(row[column]));
  if (table === usersTable) {
    await importClaims(
      database,
      page.map((row) => ({ name: usernameClaim(String(row['username'])), userId: String(row['id']) })),
    );
  }
  if (table === sessionsTable) {
    const tokens = page.map(({ token_hash = null, user_id = null, id = null }) => ({
      token_hash,
      user_id,
      session_id: id,
    }));
    await importRows(database, sessionTokensTable, tokens, (row) => String(row['token_hash']));
  }
}

/** Marks the cluster as not empty, so that the next account that signs up does not become its administrator. */
async function claimFirstUser(database: ShardedDatabase, exported: Export): Promise<void> {
  const [first] = exported.pages(usersTable).next().value ?? [];
  if (first) await importClaims(database, [{ name: firstUser, userId: String(first['id']) }]);
}

function importClaims(database: ShardedDatabase, claims: { name: string; userId: string }[]): Promise<void> {
  const claimed_at = new Date(systemClock.nowMs()).toISOString();
  const rows = claims.map(({ name, userId }) => ({ name, user_id: userId, confirmed: true, claimed_at }));
  return importRows(database, claimsTable, rows, (row) => String(row['name']));
}

/** Compares heads, members, bans and all entries, read through the stores of both sides. */
async function compare(source: Adapters, database: ShardedDatabase, exported: Export) {
  const target = postgresStores(database);
  const faults: string[] = [];
  let conversations = 0;
  for (const page of exported.pages(conversationsTable)) {
    for (const row of page) {
      const fault = await difference(source, target, String(row['id']));
      if (fault !== null) faults.push(`conversation ${row['id']}: ${fault}`);
      conversations++;
    }
  }
  return { conversations, faults };
}

type Compared = Pick<Adapters, 'conversations' | 'history'>;
type MemberPosition = Pick<Participant, 'joinedSeq' | 'userId'>;

async function difference(a: Compared, b: Compared, conversationId: string): Promise<string | null> {
  const [head, copied] = await Promise.all([a, b].map((side) => side.conversations.head(conversationId)));
  if (!head || !isDeepStrictEqual(head, copied)) return 'its head differs';
  const [epoch, copiedEpoch] = await Promise.all([a, b].map((side) => side.conversations.epochOf(conversationId)));
  if (epoch !== copiedEpoch) return 'its epoch differs';
  let after: MemberPosition | null = null;
  for (let more = true; more; ) {
    const page: { after: MemberPosition | null; limit: number } = { after, limit: pageMembers };
    const [members, others]: Participant[][] = await Promise.all(
      [a, b].map((side) => side.conversations.members(conversationId, page)),
    );
    if (!members || !isDeepStrictEqual(members, others)) return 'its members differ';
    after = members.at(-1) ?? null;
    more = members.length === pageMembers;
  }
  let before: number | null = null;
  for (let more = true; more; ) {
    const page: { before: number | null; limit: number } = { before, limit: pageBans };
    const [bans, others]: Ban[][] = await Promise.all(
      [a, b].map((side) => side.conversations.bans(conversationId, page)),
    );
    if (!bans || !isDeepStrictEqual(bans, others)) return 'its bans differ';
    before = bans.at(-1)?.seq ?? null;
    more = bans.length === pageBans;
  }
  for (let fromSeq = 1; fromSeq <= head.headSeq; fromSeq += pageEntries) {
    const range = { conversationId, fromSeq, toSeq: fromSeq + pageEntries - 1, limit: pageEntries };
    const query = { ...range, order: 'oldest_first', textBytes: Number.MAX_SAFE_INTEGER } as const;
    const [entries, others] = await Promise.all([a, b].map((side) => side.history.range(query)));
    if (!isDeepStrictEqual(entries, others)) return `its entries from ${fromSeq} on differ`;
  }
  return null;
}
