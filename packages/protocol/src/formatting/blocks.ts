import { fencedCode } from './fences.ts';
import { inlineParts } from './inline.ts';
import { indentOf, isBlank, type Line, textOf, withoutIndent } from './lines.ts';
import { TextReader } from './text-reader.ts';
import type { Block, ListItem } from './tree.ts';

/** Quotes and lists within each other are shown up to this depth; the markers of deeper ones stay text. */
const depthMax = 6;
/** Thousands of blocks would take long to lay out: after so many quotes and list items, the markers stay text. */
const blocksMax = 500;
/** A line that is indented by more columns starts no quote and no list item. */
const indentMax = 3;
/** A line that is indented by so many columns more than a list item belongs to the item. */
const nestedColumns = 2;
const digitsMax = 9;

const greaterThan = 0x3e;
const hyphen = 0x2d;
const asterisk = 0x2a;

/** The blocks that lines consist of. `lines` are of `reader`. */
export function blocksOf(reader: TextReader, lines: readonly Line[], depth = 0): Block[] {
  const blocks: Block[] = [];
  let text: Line[] = [];
  const add = (block: Block) => {
    addText(reader, text, blocks);
    text = [];
    blocks.push(block);
  };
  for (let at = 0; at < lines.length; ) {
    const code = fencedCode(reader, lines, at);
    const mayNest = !code && depth < depthMax && reader.counter.blocks < blocksMax;
    const list = mayNest ? listAt(reader, lines, at, depth) : null;
    const quote = mayNest && !list ? quotedLines(reader, lines, at) : [];
    let next = at + 1;
    if (code) ({ next } = code);
    else if (list) ({ next } = list);
    else if (quote.length > 0) next = at + quote.length;
    if (code?.text != null) add({ kind: 'code', text: code.text, language: code.language });
    else if (list) add(list.block);
    else if (hasContent(reader, quote)) {
      reader.counter.blocks++;
      add({ kind: 'quote', children: blocksOf(reader, quote, depth + 1) });
    } else text.push(...lines.slice(at, next));
    at = next;
  }
  addText(reader, text, blocks);
  return blocks;
}

function addText(reader: TextReader, lines: readonly Line[], blocks: Block[]): void {
  if (lines.length === 0) return;
  const part = new TextReader(textOf(reader, lines), reader.counter);
  blocks.push({ kind: 'text', children: inlineParts(part) });
}

/** The lines of a quote that starts with the line at `first`, without their marks. */
function quotedLines(reader: TextReader, lines: readonly Line[], first: number): Line[] {
  const quoted: Line[] = [];
  for (let at = first; at < lines.length; at++) {
    const line = lines[at];
    const start = line ? quoteMarkEnd(reader, line) : null;
    if (!line || start === null) break;
    quoted.push({ ...line, start });
  }
  return quoted;
}

/**
 * Where a line's quotation mark ends; null if it has none. Marks are followed by a blank or nothing, so that `>:(` and
 * `>100` stay text.
 */
function quoteMarkEnd(reader: TextReader, line: Line): number | null {
  const { at, columns } = indentOf(reader, line);
  if (columns > indentMax || at >= line.end || reader.at(at) !== greaterThan) return null;
  let after = at + 1;
  while (after < line.end && reader.at(after) === greaterThan) after++;
  const isEnd = after >= line.end;
  if (!isEnd && !isBlank(reader.at(after))) return null;
  return !isEnd && after === at + 1 ? after + 1 : at + 1;
}

/** Whether there is more in a quote than further marks. */
function hasContent(reader: TextReader, lines: readonly Line[]): boolean {
  return lines.some(({ start, end }) => {
    for (let at = start; at < end; at++) if (reader.at(at) !== greaterThan && !isBlank(reader.at(at))) return true;
    return false;
  });
}

interface ItemStart {
  isOrdered: boolean;
  marker: string;
  /** The first line without the marker. */
  rest: Line;
  indent: number;
  contentColumns: number;
}

/** The list that starts with the line at `first`, and the index of the line after it; null if there is none. */
function listAt(reader: TextReader, lines: readonly Line[], first: number, depth: number) {
  const items: ListItem[] = [];
  const isOrdered = itemStart(reader, lines[first])?.isOrdered ?? false;
  let at = first;
  while (reader.counter.blocks < blocksMax) {
    const start = itemStart(reader, lines[at]);
    if (!start || start.isOrdered !== isOrdered) break;
    reader.counter.blocks++;
    const following = followingLines(reader, lines, at + 1, start.indent + nestedColumns);
    const dedented = following.map((line) => withoutIndent(reader, line, start.contentColumns));
    items.push({ marker: start.marker, children: blocksOf(reader, [start.rest, ...dedented], depth + 1) });
    at += 1 + following.length;
  }
  return items.length === 0 ? null : { block: { kind: 'list', isOrdered, items } as const, next: at };
}

/** The lines after an item's first that are indented by at least `columns`, with the blank lines between them. */
function followingLines(reader: TextReader, lines: readonly Line[], from: number, columns: number): Line[] {
  let end = from;
  for (let at = from; at < lines.length; at++) {
    const line = lines[at];
    if (!line) break;
    const indent = indentOf(reader, line);
    if (indent.at >= line.end) continue;
    if (indent.columns < columns) break;
    end = at + 1;
  }
  return lines.slice(from, end);
}

/**
 * The marker at the start of a line: a hyphen, an asterisk, or up to nine digits with a full stop or a bracket. A blank
 * and a content follow: a line of hyphens or asterisks alone is text.
 */
function itemStart(reader: TextReader, line: Line | undefined): ItemStart | null {
  if (!line) return null;
  const { at, columns } = indentOf(reader, line);
  if (columns > indentMax) return null;
  const end = markerEnd(reader, at);
  if (end === at || end >= line.end || !isBlank(reader.at(end))) return null;
  const content = indentOf(reader, { ...line, start: end }).at;
  const typed = reader.text.slice(at, end);
  const isOrdered = end - at > 1;
  if (content >= line.end || (!isOrdered && isRuleOf(reader, content, line.end))) return null;
  return {
    isOrdered,
    // A hyphen may be a dash before speech or a minus sign: it stays similar to what was written.
    marker: isOrdered ? typed : typed === '-' ? '–' : '•',
    rest: { ...line, start: content },
    indent: columns,
    contentColumns: columns + (end - at) + 1,
  };
}

function markerEnd(reader: TextReader, at: number): number {
  const first = reader.at(at);
  if (first === hyphen || first === asterisk) return at + 1;
  let end = at;
  while (end - at < digitsMax && reader.at(end) >= 0x30 && reader.at(end) <= 0x39) end++;
  const mark = reader.at(end);
  return end > at && (mark === 0x2e || mark === 0x29) ? end + 1 : at;
}

/** Whether only hyphens, asterisks and blanks are between two indexes, as in `* * *`. */
function isRuleOf(reader: TextReader, from: number, until: number): boolean {
  for (let at = from; at < until; at++) {
    const code = reader.at(at);
    if (code !== hyphen && code !== asterisk && !isBlank(code)) return false;
  }
  return true;
}
