import type { Block, Emphasis, Inline, ListItem } from '@parley/protocol/formatting';
import { CodeBlock } from './code-block.tsx';

export function Blocks({ blocks }: { blocks: readonly Block[] }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: parts of a text are identified by their position only.
  return blocks.map((block, index) => <BlockElement key={index} block={block} isLast={index === blocks.length - 1} />);
}

function BlockElement({ block, isLast }: { block: Block; isLast: boolean }) {
  switch (block.kind) {
    case 'text':
      return (
        <>
          <Parts parts={block.children} />
          {/* A line break at the end of a block shows nothing. Before another block, it stands for an empty line. */}
          {!isLast && endsInEmptyLine(block.children) && '\n'}
        </>
      );
    case 'quote':
      return (
        <blockquote dir="auto">
          <Blocks blocks={block.children} />
        </blockquote>
      );
    case 'list':
      return <List isOrdered={block.isOrdered} items={block.items} />;
    case 'code':
      return <CodeBlock text={block.text} language={block.language} />;
  }
}

function endsInEmptyLine(parts: readonly Inline[]): boolean {
  const last = parts.at(-1);
  return last === undefined || (last.kind === 'text' && /[\n\r]$/.test(last.text));
}

function List({ isOrdered, items }: { isOrdered: boolean; items: readonly ListItem[] }) {
  const Element = isOrdered ? 'ol' : 'ul';
  return (
    // Without the role, Safari's screen reader reports no list, because the browser draws no markers.
    <Element role="list">
      {items.map(({ marker, children }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of a text are identified by their position only.
        <li key={index} dir="auto">
          <span className="list-marker" aria-hidden={!isOrdered}>
            {`${marker} `}
          </span>
          <Blocks blocks={children} />
        </li>
      ))}
    </Element>
  );
}

const emphasisElements = { bold: 'strong', italic: 'em', strike: 's' } as const satisfies Record<Emphasis, string>;

function Parts({ parts }: { parts: readonly Inline[] }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: parts of a text are identified by their position only.
  return parts.map((part, index) => <Part key={index} part={part} />);
}

function Part({ part }: { part: Inline }) {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'code':
      return <code dir="ltr">{part.text}</code>;
    case 'address':
      return (
        <Anchor href={part.href}>
          <bdi>{part.text}</bdi>
        </Anchor>
      );
    case 'link':
      return (
        <>
          <Anchor href={part.href} title={part.href}>
            <bdi>
              <Parts parts={part.children} />
            </bdi>
          </Anchor>
          {/* A link does not hide where it leads. */}
          <bdi className="link-host">{` (${hostOf(part.address)})`}</bdi>
        </>
      );
    default: {
      const Element = emphasisElements[part.kind];
      return (
        <Element>
          <Parts parts={part.children} />
        </Element>
      );
    }
  }
}

function Anchor(props: { href: string; title?: string; children: React.ReactNode }) {
  return <a {...props} target="_blank" rel="noopener noreferrer nofollow" />;
}

/** The host of a web address, as it is written. */
function hostOf(address: string): string {
  return address.slice(address.indexOf('//') + 2).split(/[/?#]/, 1)[0] ?? '';
}
