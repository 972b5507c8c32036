import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { fuzzed } from '../../server/test/fuzz/parameters.ts';
import { cutText, firstGrapheme } from '../src/graphemes.ts';

const family = '👩‍👩‍👧';
const clusters = [family, '🇸🇪', '👍🏽', '❤️', '1️⃣', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'e\u0301', 'नि', 'กำ', '한', '각', '\r\n', 'é', '😀', 'a'];
const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

describe('a cut text', () => {
  test.each(clusters)('ends between clusters: %j', (cluster) => {
    for (let max = cluster.length; max < 400; max++) {
      const cut = cutText(cluster.repeat(400), max);
      expect(cut.length % cluster.length).toBe(0);
      expect(max - cut.length).toBeLessThan(cluster.length);
    }
  });

  test('is the longest sequence of whole clusters that fits', () => {
    const text = fc.array(fc.constantFrom(...clusters), { maxLength: 60 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.integer({ min: 20, max: 200 }), (whole, max) => {
        let wanted = '';
        for (const { segment } of segmenter.segment(whole)) {
          if (wanted.length + segment.length > max) break;
          wanted += segment;
        }
        expect(cutText(whole, max)).toBe(wanted);
      }),
      fuzzed(100),
    );
  });

  test('is unchanged if it fits', () => {
    expect(cutText(family, family.length)).toBe(family);
    expect(cutText('', 10)).toBe('');
  });

  test('ends between code points within a cluster that is too long', () => {
    expect(cutText(`a${'\u0301'.repeat(9_999)}`, 300)).toBe(`a${'\u0301'.repeat(299)}`);
    const tags = `🏴${'\u{e0067}'.repeat(1_000)}`;
    expect(cutText(tags, 301).isWellFormed()).toBe(true);
    expect(cutText(tags, 301).length).toBe(300);
  });

  test('starts with its first cluster', () => {
    expect(clusters.map((cluster) => firstGrapheme(`${cluster}x`, 32))).toEqual(clusters);
    expect(firstGrapheme('', 32)).toBe('');
    expect(firstGrapheme(`a${'\u0301'.repeat(99)}`, 4)).toBe('a\u0301\u0301\u0301');
  });
});
