import { type Block, formatted, type Inline } from '@parley/protocol/formatting';
import type { TerminalStyles } from './terminal-styles.ts';
import { wrap } from './wrap.ts';

export interface Style {
  bold?: boolean;
  italic?: boolean;
  strike?: boolean;
  code?: boolean;
  /** Shown dimmed: the line beside a quote. */
  dim?: boolean;
}

/** A part of a row of the screen. */
export interface Run {
  text: string;
  style: Style;
}

export type Row = readonly Run[];

/** Rows with less room are not indented: their text would be too narrow to read. */
const leastColumns = 12;
const quotePrefix = '│ ';
const codePrefix = '  ';

/**
 * A message's text as rows of at most `columns` cells. Formatting becomes styles; where the terminal lacks one, the
 * markers stay. On a terminal without styles the text is shown as it was written.
 */
export function formattedRows(text: string, columns: number, styles: TerminalStyles): Row[] {
  if (!styles.bold) return wrap(text, columns).map((line) => [{ text: line, style: {} }]);
  return blockRows(formatted(text), columns, styles);
}

function blockRows(blocks: readonly Block[], columns: number, styles: TerminalStyles): Row[] {
  return blocks.flatMap((block) => rowsOfBlock(block, columns, styles));
}

function rowsOfBlock(block: Block, columns: number, styles: TerminalStyles): Row[] {
  const inside = (children: readonly Block[], prefix: string, style: Style, further = prefix) => {
    const left = columns - Bun.stringWidth(prefix);
    if (left < leastColumns) return [[{ text: prefix, style }], ...blockRows(children, columns, styles)];
    return prefixed(blockRows(children, left, styles), prefix, further, style);
  };
  switch (block.kind) {
    case 'text':
      return wrappedRuns(inlineRuns(block.children, {}, styles), columns);
    case 'quote':
      return inside(block.children, quotePrefix, { dim: true });
    case 'list':
      return block.items.flatMap(({ marker, children }) =>
        inside(children, `${marker} `, {}, ' '.repeat(Bun.stringWidth(marker) + 1)),
      );
    case 'code': {
      const runs = [{ text: block.text, style: { code: true } }];
      return prefixed(wrappedRuns(runs, Math.max(1, columns - codePrefix.length)), codePrefix, codePrefix, {});
    }
  }
}

function prefixed(rows: readonly Row[], first: string, further: string, style: Style): Row[] {
  return rows.map((row, index) => [{ text: index === 0 ? first : further, style }, ...row]);
}

function inlineRuns(parts: readonly Inline[], style: Style, styles: TerminalStyles): Run[] {
  return parts.flatMap((part): Run[] => {
    switch (part.kind) {
      case 'text':
      case 'address':
        return [{ text: part.text, style }];
      case 'code':
        return styles.colour
          ? [{ text: part.text, style: { ...style, code: true } }]
          : [{ text: `\`${part.text}\``, style }];
      case 'link':
        return [...inlineRuns(part.children, style, styles), { text: ` (${part.address})`, style }];
      default: {
        const { kind, marker, children } = part;
        if (styles[kind]) return inlineRuns(children, { ...style, [kind]: true }, styles);
        return [{ text: marker, style }, ...inlineRuns(children, style, styles), { text: marker, style }];
      }
    }
  });
}

/** Wraps runs as the text that they are together. */
function wrappedRuns(runs: readonly Run[], columns: number): Row[] {
  const text = runs.map((run) => run.text).join('');
  const rows: Row[] = [];
  const cutter = new RunCutter(runs);
  for (const line of text.split('\n')) {
    for (const piece of wrap(line, columns)) rows.push(cutter.take(piece.length));
    cutter.take(1);
  }
  return rows;
}

/** Cuts runs into pieces, from the start to the end. */
class RunCutter {
  private index = 0;
  private at = 0;

  constructor(private readonly runs: readonly Run[]) {}

  /** The next `length` UTF-16 units. */
  take(length: number): Run[] {
    const taken: Run[] = [];
    for (let left = length; left > 0; ) {
      const run = this.runs[this.index];
      if (!run) break;
      const text = run.text.slice(this.at, this.at + left);
      if (text !== '') taken.push({ text, style: run.style });
      left -= text.length;
      this.at += text.length;
      if (this.at === run.text.length) {
        this.index++;
        this.at = 0;
      }
    }
    return taken;
  }
}
