import { addressesIn } from './addresses.ts';
import { codeBlocks } from './code-blocks.ts';
import { codeSpans } from './code-spans.ts';
import { TextReader } from './text-reader.ts';

/** A part of a message's text. All parts together are the text without the marks around code. */
export type MessagePart =
  | { kind: 'text'; text: string }
  | { kind: 'link'; text: string; href: string }
  | { kind: 'code'; text: string }
  | { kind: 'block'; text: string };

/** Splits a text into code, web addresses, and everything else. */
export function messageParts(text: string): MessagePart[] {
  return partsWithReads(text).parts;
}

/** The parts, and the number of character reads, which must grow linearly with the text. */
export function partsWithReads(text: string): { parts: MessagePart[]; reads: number } {
  const parts: MessagePart[] = [];
  const whole = new TextReader(text);
  let reads = 0;
  for (const block of codeBlocks(whole)) {
    if (block.isCode) parts.push({ kind: 'block', text: block.text });
    else {
      const reader = new TextReader(block.text);
      addInlineParts(reader, parts);
      reads += reader.reads;
    }
  }
  return { parts, reads: reads + whole.reads };
}

function addInlineParts(reader: TextReader, parts: MessagePart[]): void {
  let from = 0;
  for (const { start, end, code } of codeSpans(reader)) {
    addTextAndLinks(reader, from, start, parts);
    parts.push({ kind: 'code', text: code });
    from = end;
  }
  addTextAndLinks(reader, from, reader.text.length, parts);
}

function addTextAndLinks(reader: TextReader, from: number, until: number, parts: MessagePart[]): void {
  const { text } = reader;
  let index = from;
  for (const { start, end, href } of addressesIn(reader, from, until)) {
    if (start > index) parts.push({ kind: 'text', text: text.slice(index, start) });
    parts.push({ kind: 'link', text: text.slice(start, end), href });
    index = end;
  }
  if (until > index) parts.push({ kind: 'text', text: text.slice(index, until) });
}
