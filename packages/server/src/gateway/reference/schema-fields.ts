import { html } from 'hono/html';
import * as z from 'zod/mini';

export type Html = ReturnType<typeof html>;
type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A field as the reference shows it. */
export interface Field {
  name: string;
  type: Html | string;
  required: boolean;
  rules: string;
  description: string;
}

/** The schema in JSON Schema, with every named type as a reference to its place in the page. */
export function jsonSchemaOf(schema: z.core.$ZodType): JsonSchema {
  const generated = z.toJSONSchema(schema as z.ZodMiniType, { io: 'input' });
  const name = generated.$ref?.replace('#/$defs/', '');
  return (name === undefined ? generated : generated.$defs?.[name]) ?? generated;
}

/** The name under which the schema is documented; undefined for one that is documented inline. */
export function typeName(schema: z.core.$ZodType): string | undefined {
  return z.globalRegistry.get(schema)?.id;
}

export function fieldsOf(schema: JsonSchema): Field[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { rules = [], description = '' } = typeof property === 'object' ? detailsOf(property) : {};
    return {
      name,
      type: typeOf(property),
      required: required.has(name),
      rules: rules.join('; '),
      description,
    };
  });
}

function detailsOf(schema: JsonSchema): { rules: string[]; description: string } {
  const inner = withoutNull(schema) ?? schema;
  return { rules: rulesOf(inner), description: schema.description ?? inner.description ?? '' };
}

/** A schema's type in words, with links to named types. */
export function typeOf(schema: JsonSchema | boolean): Html | string {
  if (typeof schema === 'boolean') return 'anything';
  if (schema.$ref !== undefined) return typeLink(schema.$ref.replace('#/$defs/', ''));
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const inner = withoutNull(schema);
  if (inner) return html`${typeOf(inner)} | null`;
  if (schema.type === 'array') return html`array of ${typeOf(schema.items as JsonSchema)}`;
  if (schema.type === 'object') return inlineObject(schema);
  if (schema.format === 'uuid') return 'uuid';
  return String(schema.type);
}

export function typeLink(name: string): Html {
  return html`<a href="#type-${name}">${name}</a>`;
}

function inlineObject(schema: JsonSchema): Html {
  const kind = schema.properties?.['kind'];
  if (typeof kind === 'object' && kind.const !== undefined) return html`${typeLink('Entry')} of kind ${typeOf(kind)}`;
  const parts = fieldsOf(schema).map(({ name, type }, index) => html`${index > 0 ? ', ' : ''}${name}: ${type}`);
  return html`{ ${parts} }`;
}

/** The schema of a nullable schema's other values; undefined for one that is never null. */
function withoutNull(schema: JsonSchema): JsonSchema | undefined {
  if (Array.isArray(schema.type) && schema.type.length === 2) {
    return { ...schema, type: schema.type.find((type) => type !== 'null') } as JsonSchema;
  }
  const [inner, other] = schema.anyOf ?? [];
  return typeof inner === 'object' && typeof other === 'object' && other.type === 'null' ? inner : undefined;
}

function rulesOf(schema: JsonSchema): string[] {
  const rules: string[] = [];
  if (schema.type === 'string' && schema.format !== 'uuid') {
    rules.push(...span(schema.minLength, schema.maxLength, 'code points'));
    if (schema.pattern !== undefined) rules.push(`matches \`${schema.pattern}\``);
  }
  if (schema.type === 'integer' || schema.type === 'number') rules.push(...numberRules(schema));
  if (schema.type === 'array') rules.push(...span(schema.minItems, schema.maxItems, 'items'));
  if (schema.default !== undefined) rules.push(`${schema.default} by default`);
  return rules;
}

function numberRules({ type, minimum, maximum, exclusiveMinimum }: JsonSchema): string[] {
  const max = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const min = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  if (typeof exclusiveMinimum !== 'number') return span(min, max, '');
  if (type === 'integer') return span(exclusiveMinimum + 1, max, '');
  return [`more than ${exclusiveMinimum}`, ...span(undefined, max, '')];
}

function span(min: number | undefined, max: number | undefined, unit: string): string[] {
  const [low, high] = [min, max].map((bound) => bound?.toLocaleString('en'));
  if (min && max !== undefined) return [`${low} to ${high} ${unit}`.trim()];
  if (max !== undefined) return [`at most ${high} ${unit}`.trim()];
  if (min !== undefined) return [`at least ${low} ${unit}`.trim()];
  return [];
}
