import { describe, expect, test } from 'bun:test';
import { brokenNameRule, isVisibleName, shownName } from '../src/names.ts';

/** Every separator, control, format character, noncharacter and default-ignorable character. */
const everyIgnored = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  .filter((character) =>
    /\p{Default_Ignorable_Code_Point}|\p{Z}|\p{Cc}|\p{Cf}|\p{Noncharacter_Code_Point}/u.test(character),
  );

const invisible = {
  'zero width space': '\u200b',
  'zero width non-joiner': '\u200c',
  'zero width joiner': '\u200d',
  'word joiner': '\u2060',
  'invisible times': '\u2062',
  'no-break space': '\u00a0',
  'ideographic space': '\u3000',
  'soft hyphen': '\u00ad',
  'byte order mark': '\ufeff',
  'right-to-left mark': '\u200f',
  'Arabic letter mark': '\u061c',
  'Mongolian vowel separator': '\u180e',
  'combining grapheme joiner': '\u034f',
  'Hangul fillers': '\u115f\u1160\u3164\uffa0',
  'Khmer inherent vowels': '\u17b4\u17b5',
  'Braille without dots': '\u2800\u2800',
  'Egyptian blanks': '\u{13441}\u{13442}',
  'musical null notehead': '\u{1d159}',
  'variation selectors': '\ufe0f\u{e0100}',
  tags: '\u{e0041}\u{e007f}',
  'a mark without a letter': '\u0301',
  'private use': '\ue000\u{f0000}',
  'joiners between blanks': ' \u200d\u3164\u200d ',
  'interlinear marks': '\ufff9\ufffb',
};

const allowed = [
  'Ana',
  '👩‍👩‍👧',
  '❤️',
  '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  '1️⃣',
  'می‌خواهم',
  'क्‍ष',
  '李伟',
  '•',
  '-',
  '…',
  'ㅤAna',
  'Ma\u200bria',
  'א\u200f1',
  '\u{1fae9}',
  'e\u0301',
];

describe('a name', () => {
  test.each(Object.entries(invisible))('of %s has no visible character', (_, name) => {
    expect(isVisibleName(name)).toBe(false);
    expect(brokenNameRule(name)).toMatch(/^must have a visible character: .*U\+[0-9A-F]{4}/);
    expect(shownName(name, 'ana')).toBe('ana');
  });

  test('of any separator, control, noncharacter or ignored character has no visible character', () => {
    expect(everyIgnored.length).toBeGreaterThan(4_000);
    expect(everyIgnored.filter(isVisibleName)).toEqual([]);
    expect(everyIgnored.filter((name) => brokenNameRule(name) === undefined)).toEqual([]);
  });

  test.each(allowed)('may be %j', (name) => {
    expect(brokenNameRule(name)).toBeUndefined();
    expect(shownName(name, 'ana')).toBe(name);
  });

  test.each(['\n', '\t', '\u0085', '\u2028', '\u2029', '\u001b'])(
    'must not contain the line break or control character %j',
    (mark) => {
      expect(brokenNameRule(`Ana${mark}Ben`)).toMatch(/^must not contain U\+[0-9A-F]{4}: .*line breaks/);
    },
  );

  test.each([...'\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069'])(
    'must not contain %j, which changes the text direction',
    (mark) => {
      expect(brokenNameRule(`Ana${mark}`)).toMatch(/^must not contain U\+20[0-9A-F]{2}: .*change the text direction/);
    },
  );
});
