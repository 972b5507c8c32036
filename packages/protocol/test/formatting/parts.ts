import { type Block, formatted, type Inline } from '../../src/formatting/index.ts';

/** All parts of lines, each before those within it. */
export function partsOf(blocks: readonly Block[]): Inline[] {
  return blocks.flatMap(partsOfBlock);
}

function partsOfBlock(block: Block): Inline[] {
  switch (block.kind) {
    case 'text':
      return block.children.flatMap(withInner);
    case 'quote':
      return partsOf(block.children);
    case 'list':
      return block.items.flatMap(({ children }) => partsOf(children));
    case 'code':
      return [];
  }
}

function withInner(part: Inline): Inline[] {
  return [part, ...('children' in part ? part.children.flatMap(withInner) : [])];
}

/** The web addresses of a text. */
export function addressesOf(text: string): { address: string; href: string }[] {
  return partsOf(formatted(text)).flatMap((part) => {
    if (part.kind === 'address') return [{ address: part.text, href: part.href }];
    return part.kind === 'link' ? [{ address: part.address, href: part.href }] : [];
  });
}

/** How deep the parts of a text are nested. */
export function depthOf(parts: readonly (Block | Inline)[]): number {
  return Math.max(0, ...parts.map((part) => 1 + depthOf(childrenOf(part))));
}

function childrenOf(part: Block | Inline): readonly (Block | Inline)[] {
  if ('items' in part) return part.items.flatMap(({ children }) => children);
  return 'children' in part ? part.children : [];
}

/** A short notation of the formatting of a text, in which every part is visible. */
export function outline(text: string): string {
  return formatted(text).map(blockOutline).join('|');
}

function blockOutline(block: Block): string {
  switch (block.kind) {
    case 'text':
      return block.children.map(partOutline).join('');
    case 'quote':
      return `Q(${block.children.map(blockOutline).join('|')})`;
    case 'list':
      return `L(${block.items.map(({ marker, children }) => `${marker}(${children.map(blockOutline).join('|')})`).join('')})`;
    case 'code':
      return `C${block.language}(${block.text})`;
  }
}

const letters = { bold: 'b', italic: 'i', strike: 's' };

function partOutline(part: Inline): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'code':
      return `c{${part.text}}`;
    case 'address':
      return `a{${part.text}}`;
    case 'link':
      return `a{${part.children.map(partOutline).join('')}→${part.address}}`;
    default:
      return `${letters[part.kind]}{${part.children.map(partOutline).join('')}}`;
  }
}
