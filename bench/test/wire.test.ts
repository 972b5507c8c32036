import { expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { fuzzed } from '../../packages/server/test/fuzz/parameters.ts';
import { ackFields, conversationKey, entryFields, messageText, typeOf } from '../clients/wire.ts';
import { clientFrame, readFrames, serverFrame } from '../net/websocket.ts';

const message = fc.record({
  phase: fc.integer({ min: 1, max: 999 }),
  number: fc.integer({ min: 0, max: 999_999_999 }),
});
const seq = fc.integer({ min: 1, max: 4_000_000_000 });

test('the fields of an entry are read in any order and length', () => {
  fc.assert(
    fc.property(message, seq, fc.uuid(), fc.nat({ max: 500 }), fc.boolean(), (sent, number, id, length, isTextLast) => {
      const clientMessageId = messageText(sent.phase, sent.number);
      const place = { conversationId: id, seq: number, messageCount: number, atMs: 1_767_225_600_000 };
      const said = { clientMessageId, text: 'x'.repeat(length) };
      const entry = { kind: 'message', ...(isTextLast ? { ...place, ...said } : { ...said, ...place }) };
      const bytes = Buffer.from(`before${JSON.stringify({ type: 'entry', entry })}after`);
      const [start, end] = [6, bytes.length - 5];
      expect(typeOf(bytes, start, end)).toBe('entry');
      const { conversationKey: key, ...fields } = entryFields(bytes, start, end);
      expect(fields).toEqual({ seq: number, message: sent });
      expect(key).toBe(conversationKey(id));
    }),
    fuzzed(100),
  );
});

test('the fields of an ack are read', () => {
  fc.assert(
    fc.property(message, seq, fc.uuid(), (sent, number, conversationId) => {
      const id = messageText(sent.phase, sent.number);
      const bytes = Buffer.from(JSON.stringify({ type: 'ack', id, clientMessageId: id, conversationId, seq: number }));
      expect(typeOf(bytes, 0, bytes.length)).toBe('ack');
      expect(ackFields(bytes, 0, bytes.length)).toMatchObject({ seq: number, message: sent });
    }),
    fuzzed(100),
  );
});

test('an entry that no benchmark sent has no message', () => {
  const entry = { kind: 'joined', conversationId: crypto.randomUUID(), seq: 3 };
  const bytes = Buffer.from(JSON.stringify({ type: 'entry', entry }));
  expect(entryFields(bytes, 0, bytes.length)).toMatchObject({ seq: 3, message: null });
});

test('frames are read however the bytes are divided', () => {
  const length = fc.nat({ max: 70_000 });
  fc.assert(
    fc.property(fc.array(length, { minLength: 1, maxLength: 5 }), fc.nat(), fc.boolean(), (lengths, cut, isMasked) => {
      const texts = lengths.map((count) => 'y'.repeat(count));
      const bytes = Buffer.concat(texts.map((text) => (isMasked ? clientFrame(text) : serverFrame(text))));
      const read: string[] = [];
      const onFrame = (_: number, start: number, end: number) => read.push(bytes.toString('utf8', start, end));
      const at = readFrames(bytes, 0, cut % (bytes.length + 1), onFrame);
      expect(readFrames(bytes, at, bytes.length, onFrame)).toBe(bytes.length);
      expect(read).toEqual(texts);
    }),
    fuzzed(50),
  );
});
