import { describe, expect, test } from 'bun:test';
import { wrap } from '../src/chat/screen/wrap.ts';

const clusters = ['👩‍👩‍👧', '🇸🇪', '👍🏽', '❤️', '1️⃣', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'e\u0301', 'नि', 'กำ', '李', 'a'];

describe('a line of the screen', () => {
  test.each(clusters)('ends between clusters and is not too wide: %j', (cluster) => {
    for (const columns of [2, 3, 5, 7, 20]) {
      const text = `ab${cluster.repeat(30)}`;
      const lines = wrap(text, columns);
      expect(lines.join('')).toBe(text);
      for (const [index, line] of lines.entries()) {
        expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns);
        const rest = index === 0 && line.startsWith('ab') ? line.slice(2) : line.replace(/^b/, '');
        expect(rest.replaceAll(cluster, '')).toBe('');
      }
    }
  });

  test('ends after a space if there is one', () => {
    expect(wrap('see you at the station', 10)).toEqual(['see you ', 'at the ', 'station']);
    expect(wrap('one\n\ntwo three', 5)).toEqual(['one', '', 'two ', 'three']);
    expect(wrap('abcdefgh ij', 4)).toEqual(['abcd', 'efgh', ' ij']);
    expect(wrap('', 4)).toEqual(['']);
  });

  test('of one column can hold a wide character', () => {
    expect(wrap('李a', 1)).toEqual(['李', 'a']);
  });
});
