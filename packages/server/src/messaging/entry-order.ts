/** What to do with an entry, given the number of the last one that was sent in its conversation. */
export type Arrival =
  | { kind: 'hand_out' }
  /** It was sent before: both ways of a growing conversation, a replay or a retry delivered it again. */
  | { kind: 'drop' }
  /** Entries before it are missing: fetch them first (race 4). */
  | { kind: 'fill'; fromSeq: number; toSeq: number };

/**
 * A larger gap is not filled here: clients detect it by the numbers and fetch what they lack, which costs less than if
 * a server that handles a long replay read all of it.
 */
export const fillMax = 200;

/**
 * Entries of one conversation are sent in the order of their numbers, each once.
 *
 * @param lastSeq the number of the last entry sent to a user who is still connected; undefined when no connected user
 *   could miss an entry.
 */
export function arrivalOf(seq: number, lastSeq: number | undefined): Arrival {
  if (lastSeq === undefined || seq === lastSeq + 1) return { kind: 'hand_out' };
  if (seq <= lastSeq) return { kind: 'drop' };
  if (seq - lastSeq - 1 > fillMax) return { kind: 'hand_out' };
  return { kind: 'fill', fromSeq: lastSeq + 1, toSeq: seq - 1 };
}
