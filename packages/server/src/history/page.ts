import type { ConversationId, Entry } from '@parley/protocol';
import type { Membership } from '../conversations/membership.ts';
import type { EntryRange, HistoryRange } from './history-port.ts';

/** The requested page of a conversation: at most one of the three positions, none for the newest page. */
export interface PageRequest {
  before?: number | undefined;
  after?: number | undefined;
  around?: number | undefined;
  limit: number;
}

type Range = Pick<HistoryRange, 'fromSeq' | 'toSeq' | 'order' | 'limit'>;

/**
 * The ranges of a page within the entries that the reader may see, in ascending order. Each range starts at the
 * requested number and grows away from it, so that a page that ends early because of its size still touches that number
 * without a gap.
 */
export function plannedRanges(request: PageRequest, bounds: { fromSeq: number; toSeq: number }): Range[] {
  const { before, after, around, limit } = request;
  const upTo = (toSeq: number, rows: number): Range => ({
    fromSeq: bounds.fromSeq,
    toSeq: Math.min(toSeq, bounds.toSeq),
    order: 'newest_first',
    limit: rows,
  });
  const from = (fromSeq: number, rows: number): Range => ({
    fromSeq: Math.max(fromSeq, bounds.fromSeq),
    toSeq: bounds.toSeq,
    order: 'oldest_first',
    limit: rows,
  });
  if (after !== undefined) return nonEmpty([from(after + 1, limit)]);
  if (around !== undefined) {
    const center = Math.min(Math.max(around, bounds.fromSeq), bounds.toSeq);
    const older = Math.floor(limit / 2);
    return nonEmpty([upTo(center - 1, older), from(center, limit - older)]);
  }
  return nonEmpty([upTo(before === undefined ? bounds.toSeq : before - 1, limit)]);
}

function nonEmpty(ranges: Range[]): Range[] {
  return ranges.filter((range) => range.limit > 0 && range.fromSeq <= range.toSeq);
}

/** A request for the entries after a number, at most `limit` of them. */
export interface MissedRange {
  conversationId: ConversationId;
  after: number;
  limit: number;
}

/**
 * The ranges of entries that one response may have: the first requested ranges, bounded by what the reader may see and
 * by `entriesMax` together. A range in which nothing is missing is empty: its `toSeq` is below its `fromSeq`.
 */
export function plannedMissed(
  missed: readonly (MissedRange & Pick<Membership, 'head' | 'participant'>)[],
  entriesMax: number,
): EntryRange[] {
  const planned: EntryRange[] = [];
  let left = entriesMax;
  for (const { conversationId, after, limit, head, participant } of missed) {
    if (left === 0) break;
    const fromSeq = Math.max(after + 1, participant.visibleFromSeq);
    const toSeq = Math.min(head.headSeq, fromSeq + Math.min(limit, left) - 1);
    planned.push({ conversationId, fromSeq, toSeq });
    left -= Math.max(0, toSeq - fromSeq + 1);
  }
  return planned;
}

/** The first entries whose encoded size is within `bytes`, but at least one. */
export function withinSize(entries: Iterable<Entry>, bytes: number): Entry[] {
  const taken: Entry[] = [];
  let size = 0;
  for (const entry of entries) {
    size += encodedBytes(entry);
    if (size > bytes && taken.length > 0) break;
    taken.push(entry);
  }
  return taken;
}

/** The encoded size of a message that was never amended, without its text; few are larger. */
const plainMessageBytes = 320;

/** The size of an entry as JSON, in UTF-8. Encodes only the text of a plain message, because most entries are such. */
function encodedBytes(entry: Entry): number {
  if (entry.kind !== 'message' || entry.revision !== undefined) return Buffer.byteLength(JSON.stringify(entry));
  return plainMessageBytes + Buffer.byteLength(JSON.stringify(entry.text));
}
