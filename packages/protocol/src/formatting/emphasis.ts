import { isContent, isLetter, markerRole } from './marker-neighbours.ts';
import { type TextReader, unitsOf } from './text-reader.ts';
import type { Emphasis } from './tree.ts';

/** Text between two markers of the same length. */
export interface EmphasisSpan {
  kind: Emphasis;
  /** Where the opening marker starts. */
  start: number;
  /** Where the closing marker ends. */
  end: number;
  markerLength: number;
}

/** A part of a text in which no markers are looked for, such as code. */
export interface Opaque {
  start: number;
  end: number;
}

interface Opener {
  mark: number;
  /** How many characters of the marker are not used yet, and where they end. */
  left: number;
  end: number;
  isInWord: boolean;
  /** How many characters of these kinds came before it. */
  contents: number;
  others: number;
}

const asterisk = 0x2a;
const underscore = 0x5f;
const tilde = 0x7e;
const backslash = 0x5c;

/**
 * The emphasised parts of a text. They are nested or apart. `*a*` and `_a_` are italic, `**a**` is bold, `***a***` is
 * both, and `~~a~~` is struck through; longer runs of these characters are text. An emphasis has no blank line in it. A
 * marker after a backslash is text, and so is the backslash, because paths contain it.
 */
export function emphasisIn(reader: TextReader, opaque: readonly Opaque[]): EmphasisSpan[] {
  const found = new EmphasisFinder(reader);
  const { length } = reader.text;
  let nextOpaque = 0;
  let isBlankLine = false;
  for (let at = 0; at < length; ) {
    const part = opaque[nextOpaque];
    if (part && at >= part.start) {
      nextOpaque++;
      at = part.end;
      found.passContent();
      isBlankLine = false;
      continue;
    }
    const code = reader.at(at);
    if (code === 0x0a) {
      if (isBlankLine) found.forgetOpeners();
      isBlankLine = true;
    } else if (code !== 0x20 && code !== 0x09 && code !== 0x0d) isBlankLine = false;
    if (code === asterisk || code === underscore || code === tilde) at = found.passRun(at, part?.start ?? length);
    else {
      found.pass(code);
      at += unitsOf(code);
    }
  }
  return found.spans;
}

class EmphasisFinder {
  readonly spans: EmphasisSpan[] = [];
  /**
   * The openers that may still be closed, outermost first. There is at most one of each marker and length, so that
   * their number, and the depth of the emphasis, are bounded.
   */
  private openers: Opener[] = [];
  private contents = 0;
  private others = 0;

  constructor(private readonly reader: TextReader) {}

  forgetOpeners(): void {
    this.openers = [];
  }

  passContent(): void {
    this.contents++;
    this.others++;
  }

  pass(code: number): void {
    if (this.openers.length === 0) return;
    if (isContent(code)) this.contents++;
    if (!isLetter(code)) this.others++;
  }

  /** Reads a run of equal markers. Returns its end. */
  passRun(start: number, until: number): number {
    const { reader } = this;
    const mark = reader.at(start);
    let end = start + 1;
    while (end < until && reader.at(end) === mark) end++;
    const length = end - start;
    const previous = reader.before(start);
    if (!isMarker(mark, length) || previous === backslash) {
      this.others += length;
      return end;
    }
    const beforePrevious = previous < 0 ? -1 : reader.before(start - unitsOf(previous));
    const next = reader.at(end);
    const mayBeInWord = mark === asterisk && length === 2;
    const needsSpaces = mark !== asterisk;
    const role = markerRole({ beforePrevious, previous, next, mayBeInWord, needsSpaces });
    let left = length;
    if (role.closes) left = this.close(mark, start, length, role.isInWord);
    this.others += left;
    if (left > 0 && role.opens) this.open({ mark, left, end, isInWord: role.isInWord });
    return end;
  }

  private open(opened: Pick<Opener, 'mark' | 'left' | 'end' | 'isInWord'>): void {
    // The marker of a power, as in `x**n`, takes nothing away from a marker before a word.
    if (opened.isInWord && this.openers.some((opener) => isSame(opener, opened) && !opener.isInWord)) return;
    this.reader.counter.reads += this.openers.length;
    this.openers = this.openers.filter((opener) => !isSame(opener, opened));
    this.openers.push({ ...opened, contents: this.contents, others: this.others });
  }

  /** Closes as many openers as a run of markers can. Returns how many of its characters are left. */
  private close(mark: number, start: number, length: number, isInWord: boolean): number {
    let at = start;
    let left = length;
    while (left > 0) {
      this.reader.counter.reads += this.openers.length;
      const index = this.openers.findLastIndex((opener) => opener.mark === mark && fits(opener.left, left));
      const opener = this.openers[index];
      if (!opener || this.contents === opener.contents) break;
      if ((isInWord || opener.isInWord) && this.others > opener.others) break;
      const used = Math.min(opener.left, left);
      this.openers.length = index + 1;
      for (const [kind, size] of emphasisOf(mark, used)) {
        this.spans.push({ kind, start: opener.end - size, end: at + size, markerLength: size });
        opener.end -= size;
        at += size;
      }
      opener.left -= used;
      left -= used;
      // A part of its marker may be left, as of `***a** b*`.
      this.openers = this.openers.filter((other) => (other === opener ? other.left > 0 : !isSame(other, opener)));
    }
    return left;
  }
}

function isSame(a: Pick<Opener, 'mark' | 'left'>, b: Pick<Opener, 'mark' | 'left'>): boolean {
  return a.mark === b.mark && a.left === b.left;
}

function isMarker(mark: number, length: number): boolean {
  if (mark === asterisk) return length <= 3;
  return length === (mark === tilde ? 2 : 1);
}

/** Whether an opener and a closer have a marker in common: three asterisks are those of bold and italic. */
function fits(opener: number, closer: number): boolean {
  return opener === closer || opener === 3 || closer === 3;
}

/** The kinds that a marker stands for, innermost first, each with the length of its own marker. */
function emphasisOf(mark: number, length: number): [Emphasis, number][] {
  if (mark === tilde) return [['strike', 2]];
  if (length === 3)
    return [
      ['bold', 2],
      ['italic', 1],
    ];
  return [length === 2 ? ['bold', 2] : ['italic', 1]];
}
