import { describe, expect, test } from 'bun:test';
import { entryNumber, messageLink, readMessageLink } from '@parley/protocol';

const server = 'https://chat.example:8443';

describe('message links', () => {
  test('are parsed into what they were made of', () => {
    const link = messageLink(`${server}/`, '018f-aa', 100_000);
    expect(link).toBe('https://chat.example:8443/c/018f-aa/100000');
    const wanted = { server, conversationId: '018f-aa', number: '100000' };
    for (const text of [link, ` ${link}\n`, `${link}/`, `${link}?a=b`, `${link}#part`]) {
      expect([text, readMessageLink(text)]).toEqual([text, wanted]);
    }
    expect(readMessageLink(`${server}/c/018f-aa`)).toEqual({ server, conversationId: '018f-aa', number: undefined });
  });

  test('other texts are not taken for one', () => {
    const others = ['', 'Harbour', '/c/a/1', `${server}/`, `${server}/channels`, `${server}/c/`, `${server}/c/a/1/2`];
    for (const text of [...others, `ftp://chat.example/c/a/1`, `see ${server}/c/a/1`, `javascript:alert(1)/c/a/1`]) {
      expect([text, readMessageLink(text)]).toEqual([text, null]);
    }
  });

  test('an entry number is a positive whole number that can be counted to', () => {
    expect(['1', '42', '9007199254740991'].map(entryNumber)).toEqual([1, 42, 9_007_199_254_740_991]);
    const others = ['', '0', '-1', '+1', '1.5', '1e3', '007', '0x1', ' 1', '१', 'abc', 'NaN', '9007199254740992'];
    expect(others.map(entryNumber)).toEqual(others.map(() => null));
    expect(entryNumber('9'.repeat(100_000))).toBeNull();
  });
});
