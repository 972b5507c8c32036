import type { HistoryRange } from './history-port.ts';

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
