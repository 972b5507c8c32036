import type { TextReader } from './text-reader.ts';

/** A line of a text. In a quote or a list item it starts after the markers. */
export interface Line {
  start: number;
  /** The index before the line break. */
  end: number;
  /** The index after the line break. */
  next: number;
}

export const space = 0x20;
export const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const tabColumns = 4;

export function isBlank(code: number): boolean {
  return code === space || code === tab;
}

/** The lines of a text. A line break at its end belongs to the last line. */
export function linesOf(reader: TextReader): Line[] {
  const { length } = reader.text;
  const lines: Line[] = [];
  let start = 0;
  for (let at = 0; at < length; at++) {
    const code = reader.at(at);
    if (code !== lineFeed && code !== carriageReturn) continue;
    const next = at + (code === carriageReturn && reader.at(at + 1) === lineFeed ? 2 : 1);
    lines.push({ start, end: at, next });
    start = next;
    at = next - 1;
  }
  if (start < length) lines.push({ start, end: length, next: length });
  return lines;
}

/** The text of lines: with the line breaks between them, and with that at the end of the whole text. */
export function textOf({ text }: TextReader, lines: readonly Line[]): string {
  const endOf = ({ end, next }: Line, at: number) => (at < lines.length - 1 || next === text.length ? next : end);
  return lines.map((line, at) => text.slice(line.start, endOf(line, at))).join('');
}

/** The blanks at the start of a line: where they end, and how wide they are. */
export function indentOf(reader: TextReader, { start, end }: Line): { at: number; columns: number } {
  let at = start;
  let columns = 0;
  for (; at < end; at++) {
    const code = reader.at(at);
    if (!isBlank(code)) break;
    columns += code === tab ? tabColumns : 1;
  }
  return { at, columns };
}

/** The line without blanks at its start, up to a number of columns. */
export function withoutIndent(reader: TextReader, { start, end, next }: Line, columns: number): Line {
  let at = start;
  for (let left = columns; at < end && left > 0; at++) {
    const code = reader.at(at);
    if (!isBlank(code)) break;
    left -= code === tab ? tabColumns : 1;
  }
  return { start: at, end, next };
}
