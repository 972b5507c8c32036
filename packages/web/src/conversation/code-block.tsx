import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { useHighlighting } from '../highlighting/use-highlighting.ts';
import { t } from '../strings/strings.ts';
import { copyText } from './copy-text.ts';

/** Lines of code. Colours are added later, and do not change the layout. */
export function CodeBlock({ text, language }: { text: string; language: string }) {
  const pieces = useHighlighting(text, language);
  return (
    <div className="code-block">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: an element that scrolls sideways must scroll by keyboard too. */}
      <pre dir="ltr" tabIndex={0}>
        <code>
          {pieces
            ? pieces.map(({ text: piece, colour }, index) =>
                colour === null ? (
                  piece
                ) : (
                  // biome-ignore lint/suspicious/noArrayIndexKey: parts of a text are identified by their position only.
                  <span key={index} className={`code-${colour}`}>
                    {piece}
                  </span>
                ),
              )
            : text}
        </code>
      </pre>
      <CopyButton text={text} />
    </div>
  );
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
