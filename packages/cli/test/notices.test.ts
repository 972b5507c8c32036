import { expect, test } from 'bun:test';
import type { ParleyClient } from '@parley/sdk';
import { whereIs } from '../src/chat/notices.ts';

test('a notice marks the name of a conversation that mixes scripts', () => {
  const client = (title: string) => ({ conversations: { get: () => ({ title }) } }) as unknown as ParleyClient;
  // The second letter is Cyrillic.
  expect(whereIs(client('H\u0430rbour'), 'id')).toBe('H\u0430rbour ⚠ Latin + Cyrillic');
  expect(whereIs(client('Harbour\u001b[2J'), 'id')).toBe('Harbour␛[2J');
});
