import { html } from 'hono/html';
import { type DocumentedType, documentedTypes } from '../documented-types.ts';
import { fieldsOf, type Html } from '../schema-fields.ts';
import { fieldTable } from '../tables.ts';

type JsonSchema = DocumentedType['schema'];

export function typesSection(): Html {
  return html`<section id="types">
<h2>Types</h2>
<p>The types of answers and frames. Times are milliseconds since the Unix epoch, ids are UUIDs.</p>
${documentedTypes().map(article)}
</section>`;
}

function article({ name, schema }: DocumentedType): Html {
  const variants = schema.oneOf as JsonSchema[] | undefined;
  return html`<article id="type-${name}">
<header><h3><a href="#type-${name}">${name}</a></h3></header>
<p>${schema.description}</p>
${variants ? variantTables(name, variants) : fieldTable(`${name}: fields`, fieldsOf(schema))}
</article>`;
}

/** The fields that all variants share, then the other fields of each. */
function variantTables(name: string, variants: readonly JsonSchema[]): Html {
  const [first = [], ...others] = variants.map(fieldsOf);
  const isShared = (field: string) => others.every((fields) => fields.some((each) => each.name === field));
  const own = variants.map((variant) => {
    const kind = kindOf(variant);
    const fields = fieldsOf(variant).filter((field) => !isShared(field.name));
    return html`<h4>${name} of the kind <code>${kind}</code></h4>
${fields.length > 0 ? fieldTable(`${name} ${kind}: fields`, fields) : html`<p>No other fields.</p>`}`;
  });
  const shared = first.filter((field) => isShared(field.name) && field.name !== 'kind');
  return html`<p>Its <code>kind</code> is one of the following. All kinds have:</p>
${fieldTable(`${name}: fields`, shared)}${own}`;
}

function kindOf(variant: JsonSchema): string {
  const kind = variant.properties?.['kind'];
  if (typeof kind !== 'object') throw new Error('a variant has no kind');
  return String(kind.const);
}
