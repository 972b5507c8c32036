import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import {
  BadJson,
  jsonDepthMax,
  jsonMembersMax,
  jsonNamesMax,
  parseBoundedJson,
} from '../../src/platform/bounded-json.ts';

function refusalOf(text: string): string {
  try {
    parseBoundedJson(text);
  } catch (error) {
    if (error instanceof BadJson) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

test('any JSON within the bounds is parsed as JSON.parse does', () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 3 }).filter((text) => text.split(':').length <= jsonNamesMax),
      (text) => {
        expect(parseBoundedJson(text)).toEqual(JSON.parse(text));
      },
    ),
  );
});

test('brackets, commas, colons and quotes inside of strings do not count', () => {
  for (const inside of ['[', '{', ',', ':', '\\"', '\\\\', '\\",\\"', '\\\\\\"[']) {
    const text = `{"text":"${inside.repeat(10_000)}"}`;
    expect(parseBoundedJson(text)).toEqual(JSON.parse(text));
  }
});

describe('is refused before anything is built from it', () => {
  test.each([
    ['arrays in arrays', `${'['.repeat(jsonDepthMax + 1)}${']'.repeat(jsonDepthMax + 1)}`, /levels/],
    ['objects in objects', `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`, /levels/],
    ['too many elements', `[${'1,'.repeat(jsonMembersMax)}1]`, /members/],
    ['too many keys', `{${Array.from({ length: jsonNamesMax + 1 }, (_, n) => `"k${n}":1`).join()}}`, /named members/],
    ['many small objects', `[${'{"a":1},'.repeat(jsonMembersMax)}1]`, /members/],
    ['an unterminated string', '"', /not JSON/],
    ['nothing', '', /not JSON/],
  ])('%s', (_, text, reason) => {
    expect(refusalOf(text)).toMatch(reason);
  });
});
