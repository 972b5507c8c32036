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
