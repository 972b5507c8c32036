import { afterEach, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { arabic } from '../src/strings/arabic.ts';
import type { StringKey } from '../src/strings/english.ts';
import { english } from '../src/strings/english.ts';
import { languageFor, loadLanguage, setLanguage, t } from '../src/strings/strings.ts';
import { clockTime } from '../src/strings/times.ts';

const placeholders = (text: unknown) => [...JSON.stringify(text).matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');

describe('strings', () => {
  afterEach(() => setLanguage('en'));

  test('every language has every text, with the same placeholders', () => {
    expect(Object.keys(arabic).sort()).toEqual(Object.keys(english).sort());
    for (const key of Object.keys(english) as StringKey[]) {
      const wanted = new Set(placeholders(english[key]).filter((name) => name !== 'count'));
      expect([key, new Set(placeholders(arabic[key]).filter((name) => name !== 'count'))]).toEqual([key, wanted]);
      expect([key, JSON.stringify(arabic[key]).trim()]).not.toEqual([key, '""']);
    }
  });

  test('every text is used', () => {
    const source = join(import.meta.dir, '../src');
    const files = [...new Bun.Glob('**/*.{ts,tsx}').scanSync(source)].filter((path) => !/english|arabic/.test(path));
    const code = files.map((path) => readFileSync(join(source, path), 'utf8')).join('');
    expect(Object.keys(english).filter((key) => !code.includes(`'${key}'`))).toEqual([]);
  });

  test('a number selects the plural form of the language', async () => {
    expect(t('unreadCount', { count: 1 })).toBe('1 unread message');
    expect(t('unreadCount', { count: 2_000 })).toBe('2,000 unread messages');
    await loadLanguage('ar');
    setLanguage('ar');
    expect(t('unreadCount', { count: 2 })).toBe(arabic.unreadCount.two ?? '');
  });

  test('an inserted value can’t change the direction of the text around it', () => {
    expect(t('noticeJoined', { name: '\u202eeve' })).toBe('\u2068\u202eeve\u2069 joined');
  });

  test('times and numbers are formatted for the reader’s region', () => {
    const atMs = new Date(2026, 4, 13, 21, 5).getTime();
    setLanguage('en', ['de-DE', 'en-GB']);
    expect(clockTime(atMs)).toBe('21:05');
    setLanguage('en', ['en-US']);
    expect(clockTime(atMs)).toMatch(/^9:05\sPM$/);
    setLanguage('ar', ['ar-EG']);
    expect(t('unreadCount', { count: 1_000 })).toContain('١');
  });

  test('the first available language is chosen', () => {
    expect(languageFor(['sv-SE', 'ar-EG', 'en'])).toBe('ar');
    expect(languageFor(['sv'])).toBe('en');
  });
});
