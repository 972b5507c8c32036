import { addressesIn } from './addresses.ts';
import { codeSpans } from './code-spans.ts';
import { type EmphasisSpan, emphasisIn } from './emphasis.ts';
import { TextReader } from './text-reader.ts';
import type { Inline } from './tree.ts';

/** A part of a text in which markers mean nothing: code, or an address. */
interface Atom {
  start: number;
  end: number;
  part: Inline;
}

/** Splits a text into code, web addresses, emphasised parts, and everything else. */
export function inlineParts(reader: TextReader): Inline[] {
  return partsOf(reader, linked(reader, atomsOf(reader)));
}

function atomsOf(reader: TextReader): Atom[] {
  const atoms: Atom[] = [];
  let from = 0;
  const addAddresses = (until: number) => {
    for (const { start, end, href } of addressesIn(reader, from, until))
      atoms.push({ start, end, part: { kind: 'address', text: reader.text.slice(start, end), href } });
  };
  for (const { start, end, code } of codeSpans(reader)) {
    addAddresses(start);
    atoms.push({ start, end, part: { kind: 'code', text: code } });
    from = end;
  }
  addAddresses(reader.text.length);
  return atoms;
}

const openBracket = 0x5b;
const closeBracket = 0x5d;
const openParenthesis = 0x28;
const closeParenthesis = 0x29;
const lineFeed = 0x0a;

/**
 * Joins `[text](address)` to one atom. The text is in one line, is not empty, and contains no brackets and no address,
 * so that it can't pretend to lead elsewhere.
 */
function linked(reader: TextReader, atoms: readonly Atom[]): Atom[] {
  const joined: Atom[] = [];
  /** The last bracket that a text may begin with, and the number of atoms before it. */
  let opened: { at: number; atoms: number } | null = null;
  let from = 0;
  for (const atom of atoms) {
    const { start, end, part } = atom;
    let closed = -1;
    for (let at = from; at < start; at++) {
      const code = reader.at(at);
      if (code === openBracket) opened = { at, atoms: joined.length };
      else if (code === closeBracket && at === start - 2) closed = at;
      else if (code === closeBracket || code === lineFeed) opened = null;
    }
    from = end;
    if (part.kind !== 'address') {
      joined.push(atom);
      continue;
    }
    const isEnclosed = closed >= 0 && reader.at(start - 1) === openParenthesis && reader.at(end) === closeParenthesis;
    if (opened && isEnclosed) {
      const link = linkOf(reader, opened.at, closed, joined.slice(opened.atoms), part);
      if (link) {
        joined.length = opened.atoms;
        joined.push({ start: opened.at, end: end + 1, part: link });
        from = end + 1;
        opened = null;
        continue;
      }
    }
    joined.push(atom);
    opened = null;
  }
  return joined;
}

function linkOf(
  reader: TextReader,
  opened: number,
  closed: number,
  within: readonly Atom[],
  { text: address, href }: { text: string; href: string },
): Inline | null {
  const text = reader.text.slice(opened + 1, closed);
  if (text.trim() === '') return null;
  const moved = within.map(({ start, end, part }) => ({ start: start - opened - 1, end: end - opened - 1, part }));
  const children = partsOf(new TextReader(text, reader.counter), moved);
  return { kind: 'link', children, address, href };
}

type Span = EmphasisSpan | (Atom & { kind: 'atom' });

function partsOf(reader: TextReader, atoms: readonly Atom[]): Inline[] {
  const spans: Span[] = [
    ...emphasisIn(reader, atoms),
    ...atoms.map((atom) => ({ ...atom, kind: 'atom' as const })),
  ].sort((a, b) => a.start - b.start);
  const builder = new PartsBuilder(reader.text, spans);
  return builder.parts(0, reader.text.length);
}

/** Makes a tree of spans that are nested or apart, in the order of their starts. */
class PartsBuilder {
  private next = 0;

  constructor(
    private readonly text: string,
    private readonly spans: readonly Span[],
  ) {}

  /** The parts between two indexes. The depth of the recursion is that of the emphasis, which is bounded. */
  parts(from: number, until: number): Inline[] {
    const parts: Inline[] = [];
    let at = from;
    const addText = (end: number) => {
      if (end > at) parts.push({ kind: 'text', text: this.text.slice(at, end) });
    };
    for (;;) {
      const span = this.spans[this.next];
      if (!span || span.start >= until) break;
      this.next++;
      addText(span.start);
      parts.push(span.kind === 'atom' ? span.part : this.emphasis(span));
      at = span.end;
    }
    addText(until);
    return parts;
  }

  private emphasis({ kind, start, end, markerLength }: EmphasisSpan): Inline {
    const marker = this.text.slice(start, start + markerLength);
    return { kind, marker, children: this.parts(start + markerLength, end - markerLength) };
  }
}
