import type { TextReader } from './text-reader.ts';

/** A piece of a text: lines of code between fences, or everything else. */
export interface Block {
  isCode: boolean;
  text: string;
}

interface Line {
  start: number;
  /** The index before the line break. */
  end: number;
  /** The index after the line break. */
  next: number;
}

interface Fence {
  mark: number;
  length: number;
  indent: number;
  /** Whether something other than blanks follows the marks. */
  hasInfo: boolean;
}

const backtick = 0x60;
const tilde = 0x7e;
const space = 0x20;
const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Splits a text at fenced code blocks, by the rules of CommonMark 0.31, section 4.5: the closing fence is of the same
 * character and at least as long, a fence is indented by at most three spaces, the info string is no code, the info
 * string of a backtick fence has no backtick, and a block without a closing fence runs to the end.
 */
export function codeBlocks(reader: TextReader): Block[] {
  const { text } = reader;
  const blocks: Block[] = [];
  let from = 0;
  for (let at = 0; at < text.length; ) {
    const opening = lineAt(reader, at);
    const fence = fenceOf(reader, opening);
    at = opening.next;
    if (fence === null || (fence.mark === backtick && hasBacktickInfo(reader, opening, fence))) continue;
    const code: string[] = [];
    while (at < text.length) {
      const line = lineAt(reader, at);
      at = line.next;
      if (closes(fenceOf(reader, line), fence)) break;
      code.push(withoutIndent(reader, line, fence.indent));
    }
    // An empty block would show nothing: the fence stays text.
    if (code.length === 0) continue;
    if (opening.start > from) blocks.push(outside(text, from, opening.start));
    blocks.push({ isCode: true, text: code.join('\n') });
    from = at;
  }
  if (from < text.length) blocks.push({ isCode: false, text: text.slice(from) });
  return blocks;
}

/** The text before a block, without the line break before the fence. */
function outside(text: string, start: number, end: number): Block {
  const isAfterReturn = text[end - 2] === '\r' && text[end - 1] === '\n';
  return { isCode: false, text: text.slice(start, end - (isAfterReturn ? 2 : 1)) };
}

function lineAt(reader: TextReader, start: number): Line {
  const { length } = reader.text;
  let end = start;
  while (end < length) {
    const code = reader.at(end);
    if (code === lineFeed) return { start, end, next: end + 1 };
    if (code === carriageReturn) return { start, end, next: end + (reader.at(end + 1) === lineFeed ? 2 : 1) };
    end++;
  }
  return { start, end, next: end };
}

function fenceOf(reader: TextReader, { start, end }: Line): Fence | null {
  let at = start;
  while (at - start < 3 && reader.at(at) === space) at++;
  const indent = at - start;
  const mark = reader.at(at);
  if (mark !== backtick && mark !== tilde) return null;
  const first = at;
  while (at < end && reader.at(at) === mark) at++;
  const length = at - first;
  if (length < 3) return null;
  while (at < end && (reader.at(at) === space || reader.at(at) === tab)) at++;
  return { mark, length, indent, hasInfo: at < end };
}

function hasBacktickInfo(reader: TextReader, { start, end }: Line, { indent, length }: Fence): boolean {
  for (let at = start + indent + length; at < end; at++) if (reader.at(at) === backtick) return true;
  return false;
}

function closes(fence: Fence | null, opening: Fence): boolean {
  return fence !== null && fence.mark === opening.mark && fence.length >= opening.length && !fence.hasInfo;
}

function withoutIndent(reader: TextReader, { start, end }: Line, indent: number): string {
  let at = start;
  while (at < end && at - start < indent && reader.at(at) === space) at++;
  return reader.text.slice(at, end);
}
