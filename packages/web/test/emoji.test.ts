import { afterEach, describe, expect, test } from 'bun:test';
import { isEmoji } from '@parley/protocol';
import { type Emoji, loadEmoji, recentOf, toned } from '../src/emoji/emoji.ts';
import { emojiLines } from '../src/emoji/english-names.ts';
import { search, shortcodeBefore } from '../src/emoji/search.ts';
import { setLanguage } from '../src/strings/strings.ts';

const found = (all: readonly Emoji[], query: string) => search(all, query, 8).map(({ emoji }) => emoji);

describe('the emoji of the picker', () => {
  afterEach(() => setLanguage('en'));

  test('are accepted by servers, in each skin tone, and include those of Unicode 17', () => {
    const forms = emojiLines.flatMap(([emoji, , , , , tones]) => [emoji, ...tones.split(' ').filter(Boolean)]);
    expect(forms.filter((form) => !isEmoji(form))).toEqual([]);
    expect(new Set(forms).size).toBe(forms.length);
    expect(emojiLines).toHaveLength(1_914);
    // New in Unicode 17: the distorted face.
    expect(emojiLines.map(([emoji]) => emoji)).toContain('\u{1FAEA}');
    expect(new Set(emojiLines.map(([, group]) => group))).toEqual(new Set([0, 1, 3, 4, 5, 6, 7, 8, 9]));
  });

  test('are found by shortcode, name and keyword, those with the shortcode first', async () => {
    const all = await loadEmoji();
    expect(found(all, ':tada:')[0]).toBe('🎉');
    expect(found(all, '+1')[0]).toBe('👍');
    expect(found(all, 'Party POPPER')[0]).toBe('🎉');
    expect(found(all, 'hooray')).toContain('🎉');
    expect(found(all, 'heart_eyes')[0]).toBe('😍');
    for (const nothing of ['', ' ', ':', '::', 'xyzzyx', '.*', '\\', '['.repeat(1_000)])
      expect(found(all, nothing)).toEqual([]);
  });

  test('are found in Arabic on the Arabic page, and in English too', async () => {
    setLanguage('ar');
    const all = await loadEmoji();
    expect(found(all, 'حوت')).toContain('🐋');
    expect(found(all, 'whale')).toContain('🐋');
    expect(all.find(({ emoji }) => emoji === '🐋')?.name).toBe('حوت');
  });

  test('have one skin tone for all people, where they have skin', async () => {
    const all = await loadEmoji();
    const form = (name: string, tone: number) => {
      const emoji = all.find((each) => each.name === name);
      return emoji && toned(emoji, tone);
    };
    expect([0, 1, 5].map((tone) => form('thumbs up', tone))).toEqual(['👍', '👍🏻', '👍🏿']);
    expect(form('handshake', 3)).toBe('🤝🏽');
    expect(form('party popper', 3)).toBe('🎉');
    expect([-1, 6, Number.NaN].map((tone) => form('thumbs up', tone))).toEqual(['👍', '👍', '👍']);
  });

  test('that were used before keep their skin tones, and values that are not emoji are left out', async () => {
    const all = await loadEmoji();
    expect(recentOf(all, ['👍🏿', 'x', '', '🎉']).map(({ emoji }) => emoji)).toEqual(['👍🏿', '🎉']);
  });
});

describe('a shortcode before the caret', () => {
  test('begins with a colon after a space or bracket, and has two characters', () => {
    for (const text of ['hi :tada', ':tada', 'hi\n:tada', '(:tada', '“:tada'.replace('“', '"')])
      expect(shortcodeBefore(text)).toBe(':tada');
    expect(shortcodeBefore('hi :tada:')).toBe(':tada:');
    expect(shortcodeBefore(':قلب')).toBe(':قلب');
    for (const text of ['10:30', 'https://x', ':t', ': tada', ':tada ', 'a:tada', '::', '', ':)', ':'.repeat(10_000)])
      expect([text, shortcodeBefore(text)]).toEqual([text, null]);
  });
});
