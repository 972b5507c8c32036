import fc from 'fast-check';
import * as z from 'zod/mini';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Texts that a schema of any text is tried with, besides random ones. */
const texts = [
  '',
  ' ',
  'ana',
  '__proto__',
  'constructor',
  '%00',
  '../..',
  '\u202e',
  '\ufeff',
  'İ',
  'ß',
  '😀',
  'e\u0301',
];
const itemsMax = 6;
const lengthMax = 60;

/**
 * Values that a schema describes: its types, choices, bounds and patterns. A few break a rule that JSON Schema cannot
 * state. Ids are often one of `ids`.
 */
export function valuesOf(schema: z.core.$ZodType, ids: readonly string[]): fc.Arbitrary<unknown> {
  const root = z.toJSONSchema(schema as z.ZodMiniType, { io: 'input' }) as JsonSchema;
  return new Grammar((root.$defs ?? {}) as Record<string, JsonSchema>, ids).of(root);
}

class Grammar {
  constructor(
    private readonly definitions: Record<string, JsonSchema>,
    private readonly ids: readonly string[],
  ) {}

  of(schema: JsonSchema | boolean | undefined): fc.Arbitrary<unknown> {
    if (typeof schema !== 'object') return fc.jsonValue({ maxDepth: 2 });
    if (schema.$ref !== undefined) return this.of(this.definitions[schema.$ref.replace('#/$defs/', '')]);
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices) return fc.oneof(...choices.map((choice) => this.of(choice as JsonSchema)));
    return this.ofType(schema);
  }

  private ofType(schema: JsonSchema): fc.Arbitrary<unknown> {
    switch (schema.type) {
      case 'object':
        return this.object(schema);
      case 'array':
        return this.array(schema);
      case 'string':
        return this.text(schema);
      case 'integer':
        return numbers(schema);
      case 'number':
        return fc.oneof(numbers(schema), fc.constantFrom(1.5, 0.25));
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      default:
        throw new Error(`a schema of type ${JSON.stringify(schema.type)} has no grammar`);
    }
  }

  private object({ properties = {}, required = [] }: JsonSchema): fc.Arbitrary<unknown> {
    const fields = Object.entries(properties).map(([name, property]) => [
      name,
      name === 'cursor'
        ? fc.oneof(cursors(this.ids), this.of(property as JsonSchema))
        : this.of(property as JsonSchema),
    ]);
    return fc.record(Object.fromEntries(fields), { requiredKeys: required as never[] });
  }

  private array({ items, minItems = 0, maxItems = itemsMax }: JsonSchema): fc.Arbitrary<unknown> {
    const bounds = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, itemsMax)) };
    return fc.array(this.of(items as JsonSchema), bounds);
  }

  private text({ format, pattern, minLength = 0, maxLength = lengthMax }: JsonSchema): fc.Arbitrary<string> {
    if (format === 'uuid') return fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...this.ids) }, fc.uuid());
    const longest = Math.max(minLength, Math.min(maxLength, lengthMax));
    const random = fc.string({ unit: 'grapheme', minLength, maxLength: longest });
    const edges = fc.constantFrom(...texts, 'a'.repeat(minLength), 'a'.repeat(maxLength));
    const expression = pattern === undefined ? null : new RegExp(pattern, 'u');
    const isOfAlphabet = pattern !== undefined && !pattern.startsWith('^[^');
    const alphabet = isOfAlphabet ? [fc.stringMatching(new RegExp(pattern), { size: '-1' })] : [];
    return fc
      .oneof(...alphabet, ...(isOfAlphabet ? [fc.constant('a'.repeat(Math.max(1, minLength)))] : [random, edges]))
      .map((text) => (text.length > maxLength ? text.slice(0, maxLength) : text))
      .filter((text) => expression?.test(text) ?? true);
  }
}

function numbers({ minimum, maximum, exclusiveMinimum }: JsonSchema): fc.Arbitrary<number> {
  const lowest = Number.MIN_SAFE_INTEGER;
  const above = typeof exclusiveMinimum === 'number' ? exclusiveMinimum + 1 : lowest;
  const min = Math.max(minimum ?? lowest, above);
  const max = maximum ?? Number.MAX_SAFE_INTEGER;
  const small = { min: Math.max(min, Math.min(0, max)), max: Math.min(max, Math.max(min, 0) + 20) };
  return fc.oneof(fc.integer(small), fc.constantFrom(min, max), fc.integer({ min, max }));
}

/** Cursors of the form that the server makes, with any content. */
function cursors(ids: readonly string[]): fc.Arbitrary<string> {
  const text = fc.oneof(
    fc.constantFrom(...ids, '', '\0', 'a\0b', '\ud800', '\u{10ffff}'),
    fc.string({ unit: 'binary' }),
  );
  const number = fc.oneof(fc.constantFrom(0, -1, 1.5, 1e300, 2 ** 53, -(2 ** 63)), fc.integer(), fc.double());
  const item = fc.oneof(text, number, fc.constantFrom(null, true, [], {}));
  return fc
    .oneof(
      fc.array(item, { maxLength: 3 }),
      fc.tuple(text),
      fc.tuple(number),
      fc.tuple(number, text),
      fc.tuple(text, text),
    )
    .map((position) => Buffer.from(JSON.stringify(position)).toString('base64url').slice(0, 512));
}
