import { expect, test } from 'bun:test';

/** The file of Kafka's client that makes the validator which compiles the schemas of its options. */
const file = new URL('utils.js', import.meta.resolve('@platformatic/kafka')).href;

test('the schemas of Kafka’s client are compiled when they are first used, and validate as before', async () => {
  const { ajv } = await import(file);
  const invalid = ajv.compile({ type: 'no such type' });
  expect(() => invalid(1)).toThrow('schema is invalid');
  const validate = ajv.compile({ type: 'integer' });
  expect([validate(1), validate.errors]).toEqual([true, null]);
  expect([validate('1'), validate.errors]).toEqual([false, [expect.objectContaining({ keyword: 'type' })]]);
});
