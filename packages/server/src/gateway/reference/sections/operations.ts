import {
  type ErrorCode,
  errors,
  type Operation,
  type OperationId,
  operations,
  operationTexts,
  sharedErrors,
} from '@parley/protocol';
import { html } from 'hono/html';
import { codePanel, jsonMarkup, prose } from '../code-markup.ts';
import { operationExamples } from '../operation-examples.ts';
import { requestParts } from '../request-parts.ts';
import { fieldsOf, type Html, jsonSchemaOf, typeLink, typeName } from '../schema-fields.ts';
import { fieldTable, table } from '../tables.ts';
import { tags } from '../tags.ts';

const byId = Object.entries(operations) as [OperationId, Operation][];

const audiences: Record<Operation['access'], string> = {
  public: 'Anyone',
  session: 'Any user who is logged in',
  administrator: 'Administrators of the server',
};

export function operationsOf(tag: string): [OperationId, Operation][] {
  return byId.filter(([, operation]) => operation.tag === tag);
}

export function operationsSection(): Html {
  return html`<section id="http">
<h2>HTTP</h2>
<p>Every path begins with <code>/v1</code>. Send the session’s token as
<code>Authorization: Bearer …</code>. Lists have pages: send <code>nextCursor</code> as <code>cursor</code> until
it is <code>null</code>. Ignore unknown fields in answers: later versions add fields.</p>
<p>A refusal is <a href="https://www.rfc-editor.org/rfc/rfc9457">problem details</a> with a <a href="#errors">stable
code</a>. Any operation can be refused with ${codeList(sharedErrors.public)}, and one that requires a session with
${codeLink('unauthenticated')}.</p>
${Object.entries(tags).map(([tag, text]) => group(tag, text))}
</section>`;
}

function group(tag: string, text: string): Html {
  const rows = operationsOf(tag).map(
    ([id, { method, path }]) => html`<tr><th scope="row"><a href="#op-${id}"><code>${id}</code></a></th>
<td>${badge(method)} <code>${path}</code></td><td>${prose(operationTexts[id].summary)}</td></tr>`,
  );
  return html`<h3 id="tag-${tag}">${tag}</h3><p>${text}</p>
${table(`Operations: ${tag}`, ['Operation', 'Path', 'Does'], rows)}
${operationsOf(tag).map(([id, operation]) => article(id, operation))}`;
}

function article(id: OperationId, operation: Operation): Html {
  const { method, path, access } = operation;
  const { summary, description } = operationTexts[id];
  return html`<article id="op-${id}">
<header><h4><a href="#op-${id}">${id}</a></h4><p class="endpoint">${badge(method)} <code>${path}</code></p></header>
<div class="columns"><div>
<p>${prose(summary)}.${description && html` ${prose(description)}`}</p>
<p class="access">${audiences[access]}</p>
${inputTable(id, 'In the path', operation.params)}
${inputTable(id, 'In the query', operation.query)}
${inputTable(id, 'In headers', operation.headers)}
${inputTable(id, 'In the body', operation.body)}
<h5>Answer</h5>${answer(id, operation)}
${operation.errors.length > 0 && html`<h5>Refused with</h5><p>${codeList(operation.errors)}</p>`}
</div><div>${example(id, operation)}</div></div>
</article>`;
}

function inputTable(id: OperationId, title: string, schema: Operation['body']): Html | undefined {
  return schema && html`<h5>${title}</h5>${fieldTable(`${id}: ${title}`, fieldsOf(jsonSchemaOf(schema)))}`;
}

function answer(id: OperationId, { status, response }: Operation): Html {
  if (!response) return html`<p><b>${status}</b>, without a body.</p>`;
  const name = typeName(response);
  if (name !== undefined) return html`<p><b>${status}</b> with ${typeLink(name)}.</p>`;
  return html`<p><b>${status}</b> with:</p>${fieldTable(`${id}: answer`, fieldsOf(jsonSchemaOf(response)))}`;
}

function example(id: OperationId, operation: Operation): Html {
  const { input, response } = operationExamples[id];
  const { params, query, body } = requestParts(operation, input);
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(params[name]));
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  const line = `${operation.method} ${path}${search.size > 0 ? `?${search}` : ''}`;
  return html`${codePanel(line, body && jsonMarkup(body))}
${codePanel(`answers ${operation.status}`, response && jsonMarkup(response))}`;
}

function badge(method: string): Html {
  return html`<span class="method ${method.toLowerCase()}">${method}</span>`;
}

function codeLink(code: ErrorCode): Html {
  return html`<a href="#error-${code}" title="${errors[code].meaning}"><code>${code}</code></a>`;
}

function codeList(codes: readonly ErrorCode[]): Html {
  return html`${codes.map((code, index) => html`${index > 0 ? ', ' : ''}${codeLink(code)}`)}`;
}
