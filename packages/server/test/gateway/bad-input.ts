import type { Operation } from '@parley/protocol';
import { jsonSchemaOf } from '../../src/gateway/reference/schema-fields.ts';

type JsonSchema = ReturnType<typeof jsonSchemaOf>;

/** One field of a request that is wrong in one way. */
export interface BadField {
  where: 'params' | 'query' | 'body';
  field: string;
  wrong: string;
  /** JSON text instead of the right value; undefined omits the field. */
  json: string | undefined;
}

const emoji = '😀';
/** Comparing its length with a bound throws. */
const hostileLength = { length: { toString: 1 } };
/** Texts that the protocol accepts unchecked, because they are compared with stored ones. */
const freeText = new Set(['login/username', 'signup/invitation', 'userSearch/cursor', 'lookUpUsers/versions']);

/** Every way in which the generator can make one field of the operation's body wrong. */
export function badBodyFields(id: string, operation: Operation): BadField[] {
  if (!operation.body) return [];
  const schema = jsonSchemaOf(operation.body);
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([field, property]) => {
    if (typeof property === 'boolean') return [];
    const ways = [
      ...(required.has(field) ? [{ wrong: 'missing', json: undefined }] : []),
      ...badValues(property, freeText.has(`${id}/${field}`)),
    ];
    return ways.map((way) => ({ where: 'body' as const, field, ...way }));
  });
}

/** The same for path and query, where every value is text. */
export function badTextFields(operation: Operation): BadField[] {
  const fieldsIn = (where: 'params' | 'query') =>
    Object.entries(operation[where] ? propertiesOf(operation[where]) : {});
  return [
    ...fieldsIn('params').map(([field]) => ({ where: 'params' as const, field, wrong: 'no uuid', json: '"nobody"' })),
    ...fieldsIn('query').flatMap(([field, schema]) =>
      badTexts(schema).map((way) => ({ where: 'query' as const, field, ...way })),
    ),
  ];
}

function propertiesOf(schema: NonNullable<Operation['body']>): Record<string, JsonSchema> {
  return jsonSchemaOf(schema).properties as Record<string, JsonSchema>;
}

type Way = Pick<BadField, 'wrong' | 'json'>;

function badValues(schema: JsonSchema, isFree: boolean): Way[] {
  const value = (wrong: string, bad: unknown): Way => ({ wrong, json: JSON.stringify(bad) });
  const ways = [value('null', null), value('an object', { a: 1 }), value('an object with a length', hostileLength)];
  if (schema.type !== 'array') ways.push(value('an array', []));
  if (schema.type !== 'string') ways.push(value('text', 'x'));
  if (schema.type === 'string') ways.push(value('a number', 7), value('a boolean', true));
  if (schema.type === 'string' && !isFree) ways.push(...badStrings(schema, value));
  if (schema.type === 'integer' || schema.type === 'number') ways.push(...badNumbers(schema, value));
  if (schema.type === 'array') ways.push(...badArrays(schema, value, isFree));
  return ways;
}

function badStrings(schema: JsonSchema, value: (wrong: string, bad: unknown) => Way): Way[] {
  const { minLength = 0, maxLength = 0 } = schema;
  const pad = 'a'.repeat(Math.max(1, minLength));
  const ways = [
    { wrong: 'a lone high surrogate', json: `"${pad}\\ud83d"` },
    { wrong: 'a lone low surrogate', json: `"\\ude00${pad}"` },
    { wrong: 'surrogates the wrong way round', json: `"${pad}\\ude00\\ud83d"` },
    value('NUL', `${pad}\0`),
  ];
  if (minLength > 0) ways.push(value('empty', ''), value('too short', 'a'.repeat(minLength - 1)));
  if (maxLength > 0)
    ways.push(value('too long', emoji.repeat(maxLength + 1)), value('longer by one', 'a'.repeat(maxLength + 1)));
  if (schema.format === 'uuid') ways.push(value('no uuid', 'nobody'), value('nearly a uuid', '0198-0'));
  if (schema.enum) ways.push(value('not a choice of the list', 'nonsense'));
  return ways;
}

function badNumbers(schema: JsonSchema, value: (wrong: string, bad: unknown) => Way): Way[] {
  const ways = [
    value('negative', -1),
    { wrong: 'beyond all numbers', json: '1e999' },
    { wrong: 'unsafe', json: '9007199254740993' },
  ];
  if (schema.type === 'integer') ways.push(value('a fraction', 1.5));
  return ways;
}

function badArrays(schema: JsonSchema, value: (wrong: string, bad: unknown) => Way, isFree: boolean): Way[] {
  const { minItems = 0, maxItems = 0 } = schema;
  const ways = [
    value('an item of another type', [7]),
    ...(isFree ? [] : [value('an invalid item', ['nobody'])]),
    value('nested', [[[]]]),
  ];
  if (minItems > 0) ways.push(value('empty', []));
  if (maxItems > 0) {
    const many = Array.from({ length: maxItems + 1 }, () => crypto.randomUUID());
    ways.push(value('too many items', many));
  }
  return ways;
}

function badTexts(schema: JsonSchema): Way[] {
  const text = (wrong: string, bad: string): Way => ({ wrong, json: JSON.stringify(bad) });
  const ways = [text('empty', '')];
  if (schema.type === 'integer') {
    ways.push(...['-1', '1.5', 'x', '1e999', '9007199254740993', 'NaN', '[]'].map((bad) => text(bad, bad)));
  }
  if (schema.enum) ways.push(text('not a choice of the list', 'nonsense'));
  if (schema.type === 'string' && schema.maxLength) ways.push(text('too long', 'a'.repeat(schema.maxLength + 1)));
  return ways;
}
