import { expect, test } from 'bun:test';
import type { ParleyClient } from '@parley/sdk';
import { People } from '../src/chat/people.ts';

test('what a conversation says of the other person changes the name, not the presence', () => {
  const people = new People({ account: null } as ParleyClient, () => undefined);
  const ben = { id: '0190a000-0000-7000-8000-000000000001', username: 'ben', displayName: 'Ben', online: false };
  people.put(ben);
  people.setOnline(ben.id, true);
  people.put({ ...ben, displayName: 'Ben Okafor' });
  expect(people.isOnline(ben.id)).toBe(true);
  expect(people.name(ben.id)).toBe('Ben Okafor');
});

test('who has a display name that shows nothing is called by the username', () => {
  const account = { id: '0190a000-0000-7000-8000-000000000002', username: 'ana', displayName: '\u200b' };
  const people = new People({ account } as ParleyClient, () => undefined);
  expect(people.name(account.id)).toBe('ana');
  people.put({ id: '0190a000-0000-7000-8000-000000000001', username: 'ben', displayName: '\u3164', online: false });
  expect(people.name('0190a000-0000-7000-8000-000000000001')).toBe('ben');
});
