import type { TextReader } from './text-reader.ts';

/** Code within a line: what is between two runs of backticks of the same length. */
export interface CodeSpan {
  start: number;
  end: number;
  code: string;
}

interface Run {
  start: number;
  end: number;
  paragraph: number;
}

/**
 * The code spans of a text, by the rules of CommonMark 0.31, section 6.1: a run of backticks is closed by the next run
 * of the same length in the same paragraph, line breaks within are spaces, and one space at both ends is taken off.
 */
export function codeSpans(reader: TextReader): CodeSpan[] {
  const runs = backtickRuns(reader);
  const closing = closingRuns(runs);
  const spans: CodeSpan[] = [];
  for (let index = 0; index < runs.length; index++) {
    const opening = runs[index];
    const closer = closing[index];
    const last = closer === undefined ? undefined : runs[closer];
    if (!opening || closer === undefined || !last) continue;
    spans.push({ start: opening.start, end: last.end, code: codeOf(reader.text.slice(opening.end, last.start)) });
    index = closer;
  }
  return spans;
}

function backtickRuns(reader: TextReader): Run[] {
  const { length } = reader.text;
  const runs: Run[] = [];
  let paragraph = 0;
  let isBlank = false;
  for (let at = 0; at < length; at++) {
    const code = reader.at(at);
    if (code === 0x60) {
      const start = at;
      while (reader.at(at + 1) === 0x60) at++;
      runs.push({ start, end: at + 1, paragraph });
      isBlank = false;
    } else if (code === 0x0a) {
      if (isBlank) paragraph++;
      isBlank = true;
    } else if (code !== 0x20 && code !== 0x09 && code !== 0x0d) isBlank = false;
  }
  return runs;
}

/** For each run the next one that closes it. */
function closingRuns(runs: readonly Run[]): (number | undefined)[] {
  const next = new Map<number, number>();
  const closing: (number | undefined)[] = [];
  for (let index = runs.length - 1; index >= 0; index--) {
    const run = runs[index];
    if (!run) continue;
    const length = run.end - run.start;
    const candidate = next.get(length);
    closing[index] = candidate !== undefined && runs[candidate]?.paragraph === run.paragraph ? candidate : undefined;
    next.set(length, index);
  }
  return closing;
}

function codeOf(between: string): string {
  const line = between.replaceAll(/\r\n?|\n/g, ' ');
  const isPadded = line.startsWith(' ') && line.endsWith(' ') && line.trim() !== '';
  return isPadded ? line.slice(1, -1) : line;
}
