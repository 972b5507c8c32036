/** A fault. Its sentence stays the same as long as the rows do. */
export interface Fault {
  sentence: string;
  /** Repairs the fault if the rows are unchanged; null when it cannot be repaired. */
  repair: (() => Promise<unknown>) | null;
}

/** A check of rows in several shards that have to agree, by key. */
export interface Agreement<Key> {
  /** All keys, in pages; a key may come twice. */
  keys(shard: number): AsyncGenerator<Key[]>;
  faults(keys: readonly Key[]): Promise<Map<Key, Fault>>;
}

/** The time after which a served shard is no longer ahead of another. */
export const settlingPausesMs: readonly number[] = [100, 400, 1_500, 3_000];

/** The maximum number of faults of one key. */
const faultsOfOneKey = 3;

interface Looking {
  shard: number;
  repair: boolean;
  pausesMs: readonly number[];
}

/**
 * Checks an agreement for the keys of one shard and yields the faults. Only a difference that stays the same through
 * all checks is a fault; others are writes under way. With `repair`, faults are repaired first; a fault that remains is
 * yielded with `repaired` false.
 */
export async function* disagreements<Key>(
  agreement: Agreement<Key>,
  { shard, repair, pausesMs }: Looking,
): AsyncGenerator<{ sentence: string; repaired: boolean }> {
  for await (const page of agreement.keys(shard)) {
    const found = await settled(agreement, page, pausesMs);
    const left = repair ? await repaired(agreement, found, pausesMs) : found;
    for (const [key, fault] of found) {
      const remaining = left.get(key);
      const reported = remaining ?? fault;
      // The sentence of a fault without `repair` says how to repair it by hand.
      const hint = reported.repair && !repair ? ': run it with --repair' : '';
      yield { sentence: `${reported.sentence}${hint}`, repaired: remaining === undefined };
    }
  }
}

/** The faults that remain after a repair. The next fault of a key may appear only when the first is repaired. */
async function repaired<Key>(
  agreement: Agreement<Key>,
  found: Map<Key, Fault>,
  pausesMs: readonly number[],
): Promise<Map<Key, Fault>> {
  let left = found;
  for (let round = 0; round < faultsOfOneKey; round++) {
    const repairs = [...left.values()].flatMap((fault) => fault.repair ?? []);
    if (repairs.length === 0) break;
    for (const repair of repairs) await repair();
    left = await settled(agreement, [...left.keys()], pausesMs);
  }
  return left;
}

async function settled<Key>(
  agreement: Agreement<Key>,
  keys: readonly Key[],
  pausesMs: readonly number[],
): Promise<Map<Key, Fault>> {
  let suspects = await agreement.faults(keys);
  for (const pauseMs of pausesMs) {
    if (suspects.size === 0) break;
    await Bun.sleep(pauseMs);
    const again = await agreement.faults([...suspects.keys()]);
    suspects = new Map([...again].filter(([key, { sentence }]) => suspects.get(key)?.sentence === sentence));
  }
  return suspects;
}
