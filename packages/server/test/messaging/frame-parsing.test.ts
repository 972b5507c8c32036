import { describe, expect, test } from 'bun:test';
import { ClientFrame, clientFrames, limits } from '@parley/protocol';
import * as fc from 'fast-check';
import * as z from 'zod/mini';
import { isPlainlyValid, parseFrame } from '../../src/messaging/frame-parsing.ts';
import { compiledCheck } from '../../src/platform/compiled-check.ts';
import { fieldErrors } from '../../src/platform/validation.ts';

const conversationId = '0199b5a4-0000-7000-8000-000000000001';
const hot: Record<string, object> = {
  send: { type: 'send', id: '1', conversationId, clientMessageId: 'm1', text: 'hello' },
  read: { type: 'read', id: '1', conversationId, seq: 1, readVersion: 1 },
  typing: { type: 'typing', conversationId },
};

/** Values that are at or near the edge of a rule, and values of other types. */
const values = fc.oneof(
  fc.constantFrom<unknown>(
    ...['', ' ', '1', 'a b', 'é', '\0', 'a\0', '\ud800', '\udc00a', '😀', '\u007f', '~', '!', 'line\nline'],
    ...[64, 65].map((length) => 'x'.repeat(length)),
    ...[limits.textCodePoints, limits.textCodePoints + 1].flatMap((length) => [
      'x'.repeat(length),
      '😀'.repeat(length),
    ]),
    ...[conversationId, conversationId.toUpperCase(), conversationId.replace('a', 'A'), `${conversationId}0`],
    ...['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
    ...[
      'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
      '0199b5a4-0000-9000-8000-000000000001',
      '0199b5a4-0000-7000-c000-000000000001',
    ],
    ...[
      0,
      -0,
      1,
      -1,
      1.5,
      2 ** 53 - 1,
      2 ** 53,
      -(2 ** 53),
      1e300,
      null,
      true,
      [],
      {},
      ['1'],
      'send',
      'read',
      'typing',
      'ping',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 70 }),
  fc.jsonValue({ maxDepth: 2 }),
);
const keys = [
  'type',
  'id',
  'conversationId',
  'clientMessageId',
  'text',
  'seq',
  'readVersion',
  'x',
  '__proto__',
  'constructor',
];

/** A valid frame of a hot type, changed in a few places. */
const frames = fc
  .tuple(
    fc.constantFrom(...Object.values(hot)),
    fc.array(fc.tuple(fc.constantFrom(...keys), fc.option(values, { nil: undefined })), { maxLength: 3 }),
  )
  .map(([frame, changes]) => {
    const fields = new Map<string, unknown>(Object.entries(frame));
    for (const [key, value] of changes) {
      if (value === undefined) fields.delete(key);
      else fields.set(key, value);
    }
    const members = Array.from(fields, ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    return `{${members.join()}}`;
  });

test('what is parsed, and why it is not, is the same as by the schemas alone', () => {
  let valid = 0;
  let plain = 0;
  fc.assert(
    fc.property(frames, (text) => {
      const parsed = parseFrame(text);
      const value: unknown = JSON.parse(text);
      const bySchema = ClientFrame.safeParse(value);
      if (bySchema.success) {
        valid++;
        if (isPlainlyValid(JSON.parse(text))) plain++;
        expect(parsed).toEqual({ kind: 'frame', frame: bySchema.data });
        return;
      }
      expect(isPlainlyValid(value)).toBe(false);
      const [first] = fieldErrors(bySchema.error.issues);
      expect(parsed).toMatchObject({ kind: 'invalid', ...first });
    }),
    { numRuns: 10_000 },
  );
  // The generated frames test both ways.
  expect(valid).toBeGreaterThan(1_000);
  expect(plain).toBeGreaterThan(500);
  expect(plain).toBeLessThan(valid);
});

test.each(Object.entries(hot))('a usual frame %s is not passed to the schemas', (_, frame) => {
  expect(isPlainlyValid(JSON.parse(JSON.stringify(frame)))).toBe(true);
});

describe('a compiled check', () => {
  test('accepts what an optional field lacks', () => {
    const check = compiledCheck(clientFrames.read);
    expect(check({ type: 'read', conversationId, seq: 0 })).toBe(true);
    expect(check({ type: 'read', conversationId, seq: -1 })).toBe(false);
  });

  test('is refused at the start for a rule that it does not know', () => {
    const object = (field: z.ZodMiniType) => z.strictObject({ field });
    expect(() => compiledCheck(object(z.array(z.string())))).toThrow('type array');
    expect(() => compiledCheck(object(z.string().check(z.multipleOf(2) as never)))).toThrow('multiple_of');
  });
});
