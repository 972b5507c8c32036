import { type ErrorCode, errors, Problem } from '@parley/protocol';
import { html } from 'hono/html';
import { codePanel, jsonMarkup, prose } from '../code-markup.ts';
import { problemExample } from '../problem-example.ts';
import { fieldsOf, type Html, jsonSchemaOf } from '../schema-fields.ts';
import { fieldTable, table } from '../tables.ts';

export function errorsSection(): Html {
  const rows = (Object.keys(errors) as ErrorCode[]).map((code) => {
    const { status, meaning, remedy } = errors[code];
    return html`<tr id="error-${code}"><th scope="row"><code>${code}</code></th><td>${status}</td><td>${prose(meaning)}</td>
<td>${prose(remedy)}</td></tr>`;
  });
  return html`<section id="errors">
<h2>Errors</h2>
<p>The code is stable: decide by it, never by the text. The socket’s <a href="#frame-server-error"><code>error</code></a>
frame has the same codes; over HTTP the answer is of the media type <code>application/problem+json</code>.</p>
<article id="type-Problem"><div class="columns"><div>
${fieldTable(
  'Problem: fields',
  fieldsOf(jsonSchemaOf(Problem)).map((field) => ({ ...field, type: shortType(field) })),
)}
</div><div>${codePanel('400', jsonMarkup(problemExample))}</div></div></article>
${table('Error codes', ['Code', 'Status', 'Meaning', 'What to do'], rows)}
</section>`;
}

/** The codes are listed in the table below, not in the type's column. */
function shortType({ name, type }: { name: string; type: Html | string }): Html | string {
  return name === 'code' ? html`one of <a href="#errors">the codes</a>` : type;
}
