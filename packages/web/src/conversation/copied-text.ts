import { noticeText } from '../strings/notice-text.ts';
import { clockTime, dayOf, fullDay } from '../strings/times.ts';
import type { Row } from './rows.ts';
import { shownText } from './shown-text.ts';

/** A row that is copied. */
export interface CopiedRow {
  row: Row;
  /** The selected part of a message's text. Absent: all of it. */
  part?: string;
}

/**
 * Rows as plain text: a line for each message, with its time and sender, and one for each notice. Texts are as they
 * were written. If the rows are of several days, the date precedes those of each day.
 */
export function copiedText(copied: readonly CopiedRow[], nameOf: (userId: string) => string): string {
  const isOfSeveralDays = new Set(copied.map(({ row }) => dayOf(row.atMs))).size > 1;
  const lines: string[] = [];
  let day: number | null = null;
  for (const { row, part } of copied) {
    if (isOfSeveralDays && dayOf(row.atMs) !== day) {
      if (day !== null) lines.push('');
      day = dayOf(row.atMs);
      lines.push(fullDay(row.atMs));
    }
    const said =
      row.kind === 'message'
        ? `${nameOf(row.senderId)}: ${part ?? unisolated(shownText(row, nameOf))}`
        : unisolated(noticeText(row.entry, nameOf));
    lines.push(`[${clockTime(row.atMs)}] ${said}`);
  }
  return lines.join('\n');
}

/** A text without the characters that isolate names from the sentence on the page. */
function unisolated(text: string): string {
  return text.replaceAll(/[\u2068\u2069]/g, '');
}
