import type { ShownEntry } from '../entry-lines.ts';
import { formattedRows, type Row, type Style } from './formatted-rows.ts';
import type { TerminalStyles } from './terminal-styles.ts';
import { wrap } from './wrap.ts';

/** One line of the screen. */
export interface ScreenLine {
  key: string;
  row: Row;
  kind: 'author' | 'text' | 'notice' | 'waiting' | 'failed';
}

interface KnownLines {
  columns: number;
  styles: TerminalStyles;
  lines: ScreenLine[];
}

/** The lines of each entry at the width at which it was last wrapped. */
const known = new WeakMap<ShownEntry, KnownLines>();
const indent = '  ';

/** Entries as lines of at most `columns` cells; consecutive messages of an author have the name once. */
export function messageLines(entries: readonly ShownEntry[], columns: number, styles: TerminalStyles): ScreenLine[] {
  const lines: ScreenLine[] = [];
  let author: string | null = null;
  for (const entry of entries) {
    if (entry.author !== null && entry.author !== author) {
      lines.push({ key: `${entry.key} author`, row: plainRow(`${entry.author}  ${entry.time}`), kind: 'author' });
    }
    lines.push(...linesOf(entry, columns, styles));
    author = entry.author;
  }
  return lines;
}

/** Wraps an entry once for each width, because wrapping costs most of a redraw. */
function linesOf(entry: ShownEntry, columns: number, styles: TerminalStyles): ScreenLine[] {
  const before = known.get(entry);
  if (before?.columns === columns && before.styles === styles) return before.lines;
  const { author, key, state, text } = entry;
  const kind =
    author === null || entry.isDeleted
      ? 'notice'
      : state === 'sent'
        ? 'text'
        : state === 'failed'
          ? 'failed'
          : 'waiting';
  const rows = author === null ? plainRows(`— ${text}`, columns) : messageRows(entry, columns, styles);
  const lines = rows.map((row, index): ScreenLine => ({ key: `${key} ${index}`, row, kind }));
  known.set(entry, { columns, styles, lines });
  return lines;
}

function messageRows(entry: ShownEntry, columns: number, styles: TerminalStyles): Row[] {
  const { text, quote, edited, marks, isDeleted } = entry;
  const room = Math.max(1, columns - indent.length);
  const rows = isDeleted ? plainRows(text, room) : formattedRows(text, room, styles);
  const sent = edited === undefined ? rows : withNote(rows, `(${edited})`, room, { dim: true });
  return [
    ...(quote === undefined ? [] : plainRows(`↳ ${quote}`, room, { dim: true })),
    ...withNote(sent, noteOf(entry), room),
    ...(marks === undefined ? [] : plainRows(marks, room)),
  ].map((row) => [...plainRow(indent), ...row]);
}

function plainRow(text: string, style: Style = {}): Row {
  return [{ text, style }];
}

function plainRows(text: string, columns: number, style: Style = {}): Row[] {
  return wrap(text, Math.max(1, columns)).map((line) => plainRow(line, style));
}

/** The state of a message that is not sent yet. */
function noteOf({ state, failure }: ShownEntry): string {
  const reason = failure === '' ? '' : `(${failure}) `;
  return { sent: '', queued: '…', sending: '…', failed: `${reason}✗ not sent: /retry` }[state];
}

/** The rows with a note after the last one, or below it if there is no room. */
function withNote(rows: readonly Row[], note: string, columns: number, style: Style = {}): Row[] {
  if (note === '') return [...rows];
  const last = rows.at(-1) ?? [];
  const isRoom = Bun.stringWidth(last.map(({ text }) => text).join('')) + 1 + Bun.stringWidth(note) <= columns;
  if (!isRoom) return [...rows, ...plainRows(note, columns, style)];
  return [...rows.slice(0, -1), [...last, ...plainRow(` ${note}`, style)]];
}
