import { wrap } from './wrap.ts';

/** The text in the input box and its cursor: an index in UTF-16 units, always between grapheme clusters. */
export interface Draft {
  text: string;
  cursor: number;
}

export const emptyDraft: Draft = { text: '', cursor: 0 };

const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

export function inserted({ text, cursor }: Draft, more: string): Draft {
  return { text: text.slice(0, cursor) + more + text.slice(cursor), cursor: cursor + more.length };
}

/** Deletes the character before the cursor. */
export function erased({ text, cursor }: Draft): Draft {
  const start = before(text, cursor);
  return { text: text.slice(0, start) + text.slice(cursor), cursor: start };
}

export function moved({ text, cursor }: Draft, direction: 'left' | 'right'): Draft {
  if (direction === 'left') return { text, cursor: before(text, cursor) };
  const next = segments.segment(text).containing(cursor);
  return { text, cursor: next ? next.index + next.segment.length : cursor };
}

function before(text: string, cursor: number): number {
  return cursor === 0 ? 0 : (segments.segment(text).containing(cursor - 1)?.index ?? 0);
}

/** A row of the input box. `cursor` is the index in its text, or null if the cursor is in another row. */
export interface ComposerRow {
  text: string;
  cursor: number | null;
}

/** The rows of at most `columns` cells. A cursor at the end of a line is on a blank. */
export function composerRows({ text, cursor }: Draft, columns: number): ComposerRow[] {
  const isAtEnd = cursor === text.length || text[cursor] === '\n';
  const shown = isAtEnd ? `${text.slice(0, cursor)} ${text.slice(cursor)}` : text;
  const rows: ComposerRow[] = [];
  let start = 0;
  for (const line of shown.split('\n')) {
    for (const row of wrap(line, Math.max(1, columns))) {
      const at = cursor - start;
      rows.push({ text: row, cursor: at >= 0 && at < row.length ? at : null });
      start += row.length;
    }
    start += 1;
  }
  return rows;
}
