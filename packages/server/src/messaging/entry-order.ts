/** What to do with an entry that came in, given the last number handed out in its conversation. */
export type Arrival =
  | { kind: 'hand_out' }
  /** It came before: by both ways of a growing conversation, by a replay, by a retry. */
  | { kind: 'drop' }
  /** Entries before it are missing: they are fetched first (race 4). */
  | { kind: 'fill'; fromSeq: number; toSeq: number };

/**
 * A gap larger than this isn't filled here: clients find it by the numbers and fetch what they lack of it, which for
 * one that was busy with a long replay is cheaper than a server's reading all of it.
 */
export const fillMax = 200;

/**
 * Entries of one conversation are handed out in the order of their numbers, each once.
 *
 * @param lastSeq the last number that was handed out to somebody who is still here; undefined when there is nobody
 *   for whom something could be missing.
 */
export function arrivalOf(seq: number, lastSeq: number | undefined): Arrival {
  if (lastSeq === undefined || seq === lastSeq + 1) return { kind: 'hand_out' };
  if (seq <= lastSeq) return { kind: 'drop' };
  if (seq - lastSeq - 1 > fillMax) return { kind: 'hand_out' };
  return { kind: 'fill', fromSeq: lastSeq + 1, toSeq: seq - 1 };
}
