import { indentOf, isBlank, type Line, space } from './lines.ts';
import type { TextReader } from './text-reader.ts';

interface Fence {
  mark: number;
  length: number;
  indent: number;
  /** What follows the marks, between blanks. */
  info: string;
}

export interface FencedCode {
  /** Null if there is no line between the fences: such a block would show nothing, so the fences stay text. */
  text: string | null;
  language: string;
  /** The index of the line after the closing fence. */
  next: number;
}

const backtick = 0x60;
const tilde = 0x7e;

/**
 * The fenced code block whose opening fence is the line at `first`, by the rules of CommonMark 0.31, section 4.5: the
 * closing fence is of the same character and at least as long, a fence is indented by at most three spaces, the info
 * string is no code, the info string of a backtick fence has no backtick, and a block without a closing fence runs to
 * the end. Null if the line is no opening fence.
 */
export function fencedCode(reader: TextReader, lines: readonly Line[], first: number): FencedCode | null {
  const opening = lines[first];
  const fence = opening && fenceOf(reader, opening);
  if (!fence || (fence.mark === backtick && fence.info.includes('`'))) return null;
  const code: string[] = [];
  let at = first + 1;
  for (; at < lines.length; at++) {
    const line = lines[at];
    if (!line) break;
    if (closes(fenceOf(reader, line), fence)) {
      at++;
      break;
    }
    code.push(withoutSpaces(reader, line, fence.indent));
  }
  const [language = ''] = fence.info.split(/[\s,{]/, 1);
  return { text: code.length === 0 ? null : code.join('\n'), language: language.toLowerCase(), next: at };
}

function fenceOf(reader: TextReader, line: Line): Fence | null {
  let at = line.start;
  while (at - line.start < 3 && reader.at(at) === space) at++;
  const indent = at - line.start;
  const mark = reader.at(at);
  if (mark !== backtick && mark !== tilde) return null;
  const first = at;
  while (at < line.end && reader.at(at) === mark) at++;
  const length = at - first;
  if (length < 3) return null;
  let { end } = line;
  ({ at } = indentOf(reader, { ...line, start: at }));
  while (end > at && isBlank(reader.at(end - 1))) end--;
  return { mark, length, indent, info: reader.text.slice(at, end) };
}

function closes(fence: Fence | null, opening: Fence): boolean {
  return fence !== null && fence.mark === opening.mark && fence.length >= opening.length && fence.info === '';
}

function withoutSpaces(reader: TextReader, { start, end }: Line, indent: number): string {
  let at = start;
  while (at < end && at - start < indent && reader.at(at) === space) at++;
  return reader.text.slice(at, end);
}
