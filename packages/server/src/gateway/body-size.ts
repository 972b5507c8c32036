import { limits } from '@parley/protocol';
import * as z from 'zod/mini';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** A code point outside of the Basic Multilingual Plane, escaped as two surrogates: `\ud83d\ude00`. */
const codePointBytesMax = 12;
/** Digits are never escaped. */
const uuidBytes = 36;
/** A number with every digit that JavaScript writes, a boolean or null. */
const scalarBytesMax = 24;

/**
 * The maximum size of a body of this schema: twice the longest value with every character escaped, so that there is
 * room for white space. A power of two, from 4 KiB up to the limit of any body.
 */
export function bodyBytesMax(body: z.ZodMiniType): number {
  const schema = z.toJSONSchema(body, { io: 'input' });
  const needed = 2 * valueBytesMax(schema, schema.$defs ?? {});
  return Math.min(limits.bodyBytes, Math.max(4_096, 2 ** Math.ceil(Math.log2(needed))));
}

/** Bytes of the longest value that the schema accepts. Throws for a schema without a bound. */
function valueBytesMax(schema: JsonSchema, named: NonNullable<JsonSchema['$defs']>): number {
  const { anyOf, oneOf = anyOf, enum: values, const: only, type, $ref } = schema;
  const bytesOf = (inner: unknown) => valueBytesMax(inner as JsonSchema, named);
  if ($ref) return bytesOf(named[$ref.replace('#/$defs/', '')]);
  if (oneOf) return Math.max(...oneOf.map(bytesOf));
  if (values) return Math.max(...values.map((value) => JSON.stringify(value).length));
  if (only !== undefined) return JSON.stringify(only).length;
  switch (type) {
    case 'object': {
      const members = Object.entries(schema.properties ?? {});
      const sizes = members.map(([name, value]) => name.length + 4 + bytesOf(value));
      return sizes.reduce((sum, size) => sum + size, 2);
    }
    case 'array':
      return 2 + bounded(schema, schema.maxItems) * (1 + bytesOf(schema.items));
    case 'string':
      return 2 + (schema.format === 'uuid' ? uuidBytes : codePointBytesMax * bounded(schema, schema.maxLength));
    case 'number':
    case 'integer':
    case 'boolean':
    case 'null':
      return scalarBytesMax;
    default:
      throw unbounded(schema);
  }
}

function bounded(schema: JsonSchema, max: number | undefined): number {
  if (max === undefined) throw unbounded(schema);
  return max;
}

function unbounded(schema: JsonSchema): Error {
  return new Error(`a field of a request has no bound: ${JSON.stringify(schema)}`);
}
