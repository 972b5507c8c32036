import { expect, test } from 'bun:test';
import { ClientFrame, clientFrames } from '@parley/protocol';
import fc from 'fast-check';
import { parseFrame } from '../../src/messaging/frame-parsing.ts';
import { valuesOf } from './grammar.ts';
import { mutatedJson } from './mutation.ts';
import { fuzzed } from './parameters.ts';

const ids = ['0191d2f0-0000-7000-8000-00000000000a', '0191D2F0-0000-7000-8000-00000000000B'];
const frames = fc.oneof(...Object.values(clientFrames).map((schema) => valuesOf(schema, ids)));

test('a frame that the grammar makes is accepted as its schema says, with the same content', () => {
  let accepted = 0;
  fc.assert(
    fc.property(frames, (frame) => {
      const parsed = parseFrame(JSON.stringify(frame));
      const expected = ClientFrame.safeParse(JSON.parse(JSON.stringify(frame)));
      expect(parsed.kind).toBe(expected.success ? 'frame' : 'invalid');
      if (parsed.kind === 'frame') expect(parsed.frame).toEqual(expected.data as never);
      if (expected.success) accepted++;
    }),
    fuzzed(2_000),
  );
  expect(accepted).toBeGreaterThan(200);
});

test('every other text is refused with the field or as a violation, and nothing throws', () => {
  fc.assert(
    fc.property(fc.oneof(mutatedJson(frames), fc.string({ unit: 'binary' }), fc.json()), (text) => {
      const parsed = parseFrame(text);
      if (parsed.kind === 'frame') expect(ClientFrame.safeParse(parsed.frame).success).toBe(true);
      else if (parsed.kind === 'violation') expect(parsed.message).toMatch(/^the frame is /);
      else expect([parsed.field[0], parsed.rule.length > 0]).toEqual(['/', true]);
    }),
    fuzzed(3_000),
  );
});
