import type { ConversationId } from '@parley/protocol';
import type { HomepagePosition, HomepageQuery } from '../../conversations/conversations-port.ts';

/** The fields of one conversation that a homepage is sorted by. */
export interface HomepageLine extends HomepagePosition {
  left: boolean;
}

/** A row of a statement that orders homepages. */
export interface LineRow {
  conversation_id: ConversationId;
  line_at_ms: number;
}

export function lineOf({ conversation_id: conversationId, line_at_ms: atMs }: LineRow, left: boolean): HomepageLine {
  return { atMs, conversationId, left };
}

/** The position before the first line, for a query that starts there. */
export function startOf({ after }: Pick<HomepageQuery, 'after'>): HomepagePosition {
  return after ?? { atMs: Number.MAX_SAFE_INTEGER, conversationId: '' };
}

/**
 * Merges parts of a homepage and returns the first `limit` lines; lines of the same time are sorted by descending id.
 */
export function newestLines(parts: readonly HomepageLine[], limit: number): HomepageLine[] {
  return parts.toSorted(newestFirst).slice(0, limit);
}

/** The position of the next page; null when these lines do not fill their page, which then is the last. */
export function nextAfter(lines: readonly HomepageLine[], limit: number): HomepagePosition | null {
  const last = lines.length === limit ? lines.at(-1) : undefined;
  return last ? { atMs: last.atMs, conversationId: last.conversationId } : null;
}

function newestFirst(a: HomepageLine, b: HomepageLine): number {
  return b.atMs - a.atMs || (a.conversationId < b.conversationId ? 1 : a.conversationId > b.conversationId ? -1 : 0);
}
