/** A text with its selected part. */
export interface SelectedText {
  text: string;
  start: number;
  end: number;
}

/** What replaces a part of a text, and the selection afterwards. */
export interface Replacement {
  from: number;
  until: number;
  text: string;
  start: number;
  end: number;
}

/** The part of a line that is to be emphasised, without the asterisks around it. */
interface Core {
  start: number;
  end: number;
  /** How many asterisks are on both sides of it. */
  asterisks: number;
}

type Kind = 'bold' | 'italic';

/** What is before the text of a line: blanks, quotation marks, and the marker of a list item. */
const linePrefix = /^\s*(?:>\s*)*(?:(?:[-*]|\d{1,9}[.)])\s+)?/;
/** Those of bold and italic text. */
const asterisksMax = 3;
const markerLengths = { bold: 2, italic: 1 } as const;
/** Emphasis of each kind that is within a text. */
const within = {
  bold: /\*\*([^*\s](?:[^*]*[^*\s])?)\*\*/g,
  italic: /(?<![\p{L}\p{N}*])\*([^*\s](?:[^*]*[^*\s])?)\*(?![\p{L}\p{N}*])/gu,
} as const;

/**
 * Makes the selection bold or italic, line by line, because emphasis does not extend over list items and quotes. If all
 * of it is already, the markers are removed. Without a selection, the markers are inserted around the caret.
 */
export function toggleEmphasis(selected: SelectedText, kind: Kind): Replacement {
  const cores = coresOf(selected);
  const removes = cores.every((core) => has(core, kind));
  const change = removes ? -markerLengths[kind] : markerLengths[kind];
  const [first, last] = [cores[0], cores.at(-1)] as [Core, Core];
  const [from, until] = [first.start - first.asterisks, last.end + last.asterisks];
  let text = '';
  let at = from;
  let selection = { start: from, end: until };
  for (const core of cores) {
    const asterisks = has(core, kind) === removes ? core.asterisks + change : core.asterisks;
    text += selected.text.slice(at, core.start - core.asterisks) + '*'.repeat(asterisks);
    if (core === first) selection = { ...selection, start: from + text.length };
    text += selected.text.slice(core.start, core.end).replaceAll(within[kind], '$1');
    selection = { ...selection, end: from + text.length };
    text += '*'.repeat(asterisks);
    at = core.end + core.asterisks;
  }
  return { from, until, text, ...selection };
}

function has({ asterisks }: Core, kind: Kind): boolean {
  return kind === 'bold' ? asterisks >= 2 : asterisks % 2 === 1;
}

/** The parts of the selected lines that are to be emphasised; the caret if there are none. */
function coresOf({ text, start, end }: SelectedText): Core[] {
  const cores: Core[] = [];
  let at = start;
  for (const line of text.slice(start, end).split('\n')) {
    const isLineStart = at === 0 || text[at - 1] === '\n';
    const skipped = isLineStart ? (linePrefix.exec(line)?.[0].length ?? 0) : line.length - line.trimStart().length;
    const content = line.slice(skipped).trimEnd();
    if (content !== '') cores.push(coreOf(text, at + skipped, at + skipped + content.length));
    at += line.length + 1;
  }
  return cores.length > 0 ? cores : [coreOf(text, end, end)];
}

/** The part between two indexes without the asterisks that are at both ends of it, or beside it. */
function coreOf(text: string, start: number, end: number): Core {
  let [from, until] = [start, end];
  while (from < until - 1 && from - start < asterisksMax && text[from] === '*') from++;
  while (until > from + 1 && end - until < asterisksMax && text[until - 1] === '*') until--;
  // The asterisks at both ends may be those of two parts, as of `**a** and **b**`.
  if (text.slice(from, until).includes('*')) [from, until] = [start, end];
  let asterisks = 0;
  const isAround = (distance: number) => text[from - distance - 1] === '*' && text[until + distance] === '*';
  while (asterisks < asterisksMax && isAround(asterisks)) asterisks++;
  // Further asterisks at one end, as of `5*`, are text.
  return { start: Math.min(from, start + asterisks), end: Math.max(until, end - asterisks), asterisks };
}
