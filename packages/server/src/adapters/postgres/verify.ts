import { epochsOfShards } from './epochs.ts';
import type { ShardedDatabase } from './sharded-database.ts';
import { AccountAgreement } from './verify-accounts.ts';
import { verifyConversations } from './verify-conversations.ts';
import { IndexAgreement } from './verify-index.ts';
import { formFaults, misplacedRows, rowFaults } from './verify-rows.ts';
import { disagreements, settlingPausesMs } from './verify-shards.ts';
import { TotalsAgreement } from './verify-totals.ts';

/** Differences are checked again later; this many shards are checked at the same time, each with a page in memory. */
const shardsAtOnce = 16;

export interface Verifying {
  repair: boolean;
  note(fault: string, repaired: boolean): void;
  count(checked: { conversations: number; entries: number }): void;
  /** The pause between checks of a difference. */
  pausesMs?: readonly number[];
}

/** Reads all shards and reports the faults in each and between them. Safe while they are served. */
export async function verifyShards(database: ShardedDatabase, verifying: Verifying): Promise<void> {
  const { repair, note, count, pausesMs = settlingPausesMs } = verifying;
  for (const fault of await formFaults(database)) note(fault, false);
  const epochs = await epochsOfShards(database);
  const shards = Array.from({ length: database.shards }, (_, shard) => shard);
  for (const shard of shards) {
    if (!epochs.get(shard)) note(`shard ${shard} has no epoch: run "parley cluster init"`, false);
    for await (const fault of misplacedRows(database, shard)) note(fault, false);
    for await (const fault of rowFaults(database, shard)) note(fault, false);
    for await (const { faults, ...checked } of verifyConversations(database, shard)) {
      count(checked);
      for (const fault of faults) note(fault, false);
    }
  }
  const [index, accounts] = [new IndexAgreement(database), new AccountAgreement(database)];
  const totals = new TotalsAgreement(database);
  for (let first = 0; first < shards.length; first += shardsAtOnce) {
    const together = shards.slice(first, first + shardsAtOnce).map(async (shard) => {
      const looking = { shard, repair, pausesMs };
      for await (const { sentence, repaired } of disagreements(index, looking)) note(sentence, repaired);
      for await (const { sentence, repaired } of disagreements(accounts, looking)) note(sentence, repaired);
      for await (const { sentence, repaired } of disagreements(totals, looking)) note(sentence, repaired);
    });
    await Promise.all(together);
  }
}
