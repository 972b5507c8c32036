import { describe, expect, test } from 'bun:test';
import { parseFrame } from '../../src/messaging/frame-parsing.ts';
import { parseBoundedJson } from '../../src/platform/bounded-json.ts';

// The validator compares the length of a value with a bound even if the value has the wrong type.
const hostile = [
  '{"length":{"toString":1}}',
  '{"length":{"valueOf":1,"toString":2}}',
  '{"\\u006cength":{"toString":1}}',
];

describe('a value whose length cannot be compared', () => {
  test.each(hostile)('is refused by the name of its field in a frame: %s', (value) => {
    const id = '0191d2f0-0000-7000-8000-00000000000a';
    const frames: [json: string, field: string][] = [
      [`{"type":"hello","token":${value}}`, '/token'],
      [`{"type":"ping","id":${value}}`, '/id'],
      [`{"type":"send","id":"x","conversationId":"${id}","clientMessageId":${value},"text":"x"}`, '/clientMessageId'],
      [`{"type":"watch","id":"x","userIds":${value}}`, '/userIds'],
      [`{"type":"features","features":[${value}]}`, '/features/0'],
    ];
    for (const [json, field] of frames) {
      const parsed = parseFrame(json);
      expect([json, parsed.kind, parsed.kind === 'invalid' && parsed.field]).toEqual([json, 'invalid', field]);
    }
  });

  test('leaves other lengths as they are', () => {
    for (const value of [{ length: 1 }, { length: 'a' }, { length: null }, { lengths: { a: 1 } }, ['length', {}]]) {
      expect(parseBoundedJson(JSON.stringify(value))).toEqual(value);
    }
  });
});
