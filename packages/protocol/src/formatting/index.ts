import { blocksOf } from './blocks.ts';
import { linesOf } from './lines.ts';
import { TextReader } from './text-reader.ts';
import type { Block } from './tree.ts';

export { plainText } from './plain-text.ts';
export type { Block, Emphasis, Inline, ListItem } from './tree.ts';

/**
 * The formatting that a message's text shows: quotes, lists, code, links, bold, italic and struck-through text. Every
 * text is valid. The markers of what has no formatting are part of the text.
 */
export function formatted(text: string): Block[] {
  return formattedWithReads(text).blocks;
}

/** The formatting, and the number of character reads, which grows linearly with the text. */
export function formattedWithReads(text: string): { blocks: Block[]; reads: number } {
  const reader = new TextReader(text);
  const blocks = blocksOf(reader, linesOf(reader));
  return { blocks, reads: reader.counter.reads };
}
