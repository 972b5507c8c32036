import { html } from 'hono/html';
import type { Html } from './schema-fields.ts';

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d[\d.eE+-]*)/g;

/** A value as indented JSON, with its tokens marked for the style sheet. */
export function jsonMarkup(value: unknown): Html {
  const text = JSON.stringify(value, null, 2);
  const parts: (Html | string)[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token, string, colon = '', literal] = match;
    parts.push(text.slice(end, match.index));
    end = match.index + token.length;
    if (string === undefined)
      parts.push(html`<span class="${literal === undefined ? 'number' : 'literal'}">${token}</span>`);
    else parts.push(html`<span class="${colon === '' ? 'string' : 'key'}">${string}</span>${colon}`);
  }
  parts.push(text.slice(end));
  return html`${parts}`;
}

/** A sentence of the protocol's tables, where backticks mark code. */
export function prose(text: string): Html {
  return html`${text.split('`').map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`))}`;
}

/** A titled panel of code that scrolls by itself, by keyboard too; without code it is the title alone. */
export function codePanel(title: string, code?: Html | string): Html {
  const panel = code && html`<pre tabindex="0"><code>${code}</code></pre>`;
  return html`<figure class="code"><figcaption>${title}</figcaption>${panel}</figure>`;
}
