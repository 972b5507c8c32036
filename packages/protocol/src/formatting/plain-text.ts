import type { Block, Inline } from './tree.ts';

/** The text without markers, for a preview or a notification. Blocks and list items are in lines of their own. */
export function plainText(blocks: readonly Block[]): string {
  return blocks.map(plainBlock).join('\n');
}

function plainBlock(block: Block): string {
  switch (block.kind) {
    case 'text':
      return plainInline(block.children);
    case 'quote':
      return plainText(block.children);
    case 'list':
      return block.items.map(({ marker, children }) => `${marker} ${plainText(children)}`).join('\n');
    case 'code':
      return block.text;
  }
}

function plainInline(parts: readonly Inline[]): string {
  return parts.map((part) => ('children' in part ? plainInline(part.children) : part.text)).join('');
}
