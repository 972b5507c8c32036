import { epochsOfShards } from '../adapters/postgres/epochs.ts';
import { defaultPoolBounds } from '../adapters/postgres/pool.ts';
import { ShardedDatabase } from '../adapters/postgres/sharded-database.ts';
import { AccountAgreement } from '../adapters/postgres/verify-accounts.ts';
import { verifyConversations } from '../adapters/postgres/verify-conversations.ts';
import { IndexAgreement } from '../adapters/postgres/verify-index.ts';
import { disagreements } from '../adapters/postgres/verify-shards.ts';
import { type ClusterConfig, postgresServers, reached } from './cluster.ts';
import { logFaults } from './verify-log.ts';

/** A page is read by one statement, which takes as long as its conversations are large. */
const statementMs = 600_000;

/** Suspects are waited for; of these shards at the same time, a page of each in memory. */
const shardsAtOnce = 16;

export interface ClusterVerification {
  conversations: number;
  entries: number;
  /** What is wrong, and stays so. */
  faults: number;
  /** What was wrong, and is right now. */
  mended: number;
}

/**
 * Reads all of a cluster, shard by shard, and checks the contract in it; safe while it serves. `tell` gets a sentence
 * for each fault. With `repair` whatever follows from the conversations and the accounts is brought right, with no
 * entry and no account taken away; interrupted, it is simply done again.
 */
export async function verifyCluster(
  config: ClusterConfig,
  { repair, tell }: { repair: boolean; tell(line: string): void },
): Promise<ClusterVerification> {
  const bounds = {
    ...defaultPoolBounds,
    ...{ maxConnections: 2, statementTimeoutMs: statementMs, answerTimeoutMs: statementMs + 2_000 },
  };
  const database = await reached('--postgres', () => ShardedDatabase.open(postgresServers(config), bounds));
  const totals: ClusterVerification = { conversations: 0, entries: 0, faults: 0, mended: 0 };
  // Two looks at one row, from its shard and from that of another, find the same.
  const noted = new Set<string>();
  const note = (sentence: string, mended: boolean) => {
    if (noted.has(sentence)) return;
    noted.add(sentence);
    totals[mended ? 'mended' : 'faults']++;
    tell(mended ? `mended: ${sentence}` : sentence);
  };
  try {
    for (const fault of await reached('--kafka', () => logFaults(config, database))) note(fault, false);
    const epochs = await epochsOfShards(database);
    for (let shard = 0; shard < database.shards; shard++) {
      if (!epochs.has(shard)) note(`shard ${shard} has no epoch: run "parley cluster init"`, false);
      for await (const page of verifyConversations(database, shard)) {
        totals.conversations += page.conversations;
        totals.entries += page.entries;
        for (const fault of page.faults) note(fault, false);
      }
    }
    const [index, accounts] = [new IndexAgreement(database), new AccountAgreement(database)];
    const shards = Array.from({ length: database.shards }, (_, shard) => shard);
    for (let first = 0; first < shards.length; first += shardsAtOnce) {
      const together = shards.slice(first, first + shardsAtOnce).map(async (shard) => {
        for await (const { sentence, mended } of disagreements(index, shard, repair)) note(sentence, mended);
        for await (const { sentence, mended } of disagreements(accounts, shard, repair)) note(sentence, mended);
      });
      await Promise.all(together);
    }
    return totals;
  } finally {
    await database.close();
  }
}
