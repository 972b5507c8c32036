import { html } from 'hono/html';
import { prose } from './code-markup.ts';
import type { Field, Html } from './schema-fields.ts';

/** A table that scrolls horizontally on narrow screens, by keyboard too. */
export function table(label: string, headings: readonly string[], rows: readonly Html[]): Html {
  return html`<div class="table" role="region" aria-label="${label}" tabindex="0"><table>
<thead><tr>${headings.map((heading) => html`<th scope="col">${heading}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

export function fieldTable(label: string, fields: readonly Field[]): Html {
  return table(label, ['Field', 'Type', 'What holds'], fields.map(fieldRow));
}

function fieldRow({ name, type, required, rules, description }: Field): Html {
  return html`<tr><th scope="row"><code>${name}</code>${required ? '' : html` <span class="optional">optional</span>`}</th>
<td class="type">${type}</td><td>${prose(description)}${rules && html` <span class="rules">${prose(rules)}</span>`}</td></tr>
`;
}
