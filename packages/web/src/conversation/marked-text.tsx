import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { t } from '../strings/strings.ts';
import { copyText } from './copy-text.ts';
import { type MessagePart, messageParts } from './message-parts.ts';

/** A message's text with links and code. */
export default function MarkedText({ text }: { text: string }) {
  return messageParts(text).map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a message's text never changes.
    <Part key={index} part={part} />
  ));
}

function Part({ part }: { part: MessagePart }) {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'link':
      return (
        <a href={part.href} target="_blank" rel="noopener noreferrer nofollow">
          <bdi>{part.text}</bdi>
        </a>
      );
    case 'code':
      return <code dir="ltr">{part.text}</code>;
    case 'block':
      return (
        <div className="code-block">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: an element that scrolls sideways must scroll by keyboard too. */}
          <pre dir="ltr" tabIndex={0}>
            <code>{part.text}</code>
          </pre>
          <CopyButton text={part.text} />
        </div>
      );
  }
}

function CopyButton({ text }: { text: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = () => copyText(text).then(() => setCopied(true), reportError);
  const name = t(isCopied ? 'copied' : 'copyCode');
  return (
    <button type="button" className="icon-button small copy" aria-label={name} title={name} onClick={copy}>
      {isCopied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
    </button>
  );
}
