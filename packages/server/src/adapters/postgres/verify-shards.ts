/** Something that is wrong, told in a sentence that is the same as long as the rows are. */
export interface Fault {
  sentence: string;
  /** Brings it right, if the rows are still those that were looked at; null when nothing here can. */
  mend: (() => Promise<unknown>) | null;
}

/** Rows of several shards that have to agree. Each is checked by its key. */
export interface Agreement<Key> {
  /** All keys that are there, by pages; some may come twice. */
  keys(shard: number): AsyncGenerator<Key[]>;
  faults(keys: readonly Key[]): Promise<Map<Key, Fault>>;
}

/** What one shard is ahead of another by while it serves is over by then. */
export const settlingPausesMs: readonly number[] = [100, 400, 1_500, 3_000];

/** The most that one key can have. */
const faultsOfOneKey = 3;

interface Looking {
  shard: number;
  repair: boolean;
  pausesMs: readonly number[];
}

/**
 * Checks an agreement for the keys of one shard, yielding what is wrong. Only what stays wrong in the same way through
 * every look is a fault: everything else is on its way. With `repair` faults are mended first; what is still wrong
 * afterwards is yielded with `mended` false.
 */
export async function* disagreements<Key>(
  agreement: Agreement<Key>,
  { shard, repair, pausesMs }: Looking,
): AsyncGenerator<{ sentence: string; mended: boolean }> {
  for await (const page of agreement.keys(shard)) {
    const found = await settled(agreement, page, pausesMs);
    const left = repair ? await mended(agreement, found, pausesMs) : found;
    for (const [key, fault] of found) {
      const still = left.get(key);
      const { sentence, mend } = still ?? fault;
      // What says how to mend it has no mending here.
      yield { sentence: mend && !repair ? `${sentence}: run it with --repair` : sentence, mended: still === undefined };
    }
  }
}

/** What is left after mending. A key may show its next fault only once the first is mended. */
async function mended<Key>(
  agreement: Agreement<Key>,
  found: Map<Key, Fault>,
  pausesMs: readonly number[],
): Promise<Map<Key, Fault>> {
  let left = found;
  for (let round = 0; round < faultsOfOneKey; round++) {
    const mendable = [...left.values()].flatMap(({ mend }) => mend ?? []);
    if (mendable.length === 0) break;
    for (const mend of mendable) await mend();
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
