import { defaultPoolBounds } from '../adapters/postgres/pool.ts';
import { ShardedDatabase } from '../adapters/postgres/sharded-database.ts';
import { verifyShards } from '../adapters/postgres/verify.ts';
import { type ClusterConfig, postgresServers, reached } from './cluster.ts';
import { logFaults } from './verify-log.ts';

/** One statement reads a page, and takes as long as the page's conversations are large. */
const statementMs = 600_000;

export interface ClusterVerification {
  conversations: number;
  entries: number;
  /** Faults that remain. */
  faults: number;
  /** Faults that were repaired. */
  repaired: number;
}

/**
 * Reads a whole cluster, shard by shard, and checks it against the contract; safe while it serves. Passes a sentence
 * for each fault to `tell`. With `repair` it corrects all data that follows from the conversations and the accounts,
 * and never removes an entry or an account. Safe to repeat after an interruption.
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
  const totals: ClusterVerification = { conversations: 0, entries: 0, faults: 0, repaired: 0 };
  // A row is checked from its own shard and from another; both checks find the same fault.
  const noted = new Set<string>();
  const note = (sentence: string, isRepaired: boolean) => {
    if (noted.has(sentence)) return;
    noted.add(sentence);
    totals[isRepaired ? 'repaired' : 'faults']++;
    tell(isRepaired ? `repaired: ${sentence}` : sentence);
  };
  try {
    for (const fault of await reached('--kafka', () => logFaults(config, database))) note(fault, false);
    const count = ({ conversations, entries }: Pick<ClusterVerification, 'conversations' | 'entries'>) => {
      totals.conversations += conversations;
      totals.entries += entries;
    };
    await verifyShards(database, { repair, note, count });
    return totals;
  } finally {
    await database.close();
  }
}
