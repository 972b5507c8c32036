import { expect, test } from 'bun:test';
import { ParleyClient } from '@parley/sdk';
import { People } from '../src/chat/people.ts';

test('the data of a conversation changes the name of its partner, not a known presence', () => {
  const client = new ParleyClient({ url: 'http://localhost' });
  const people = new People(client);
  const ben = { id: '0190a000-0000-7000-8000-000000000001', username: 'ben', displayName: 'Ben', online: false };
  client.people.learn([ben]);
  people.meet(ben);
  people.setOnline(ben.id, true);
  client.people.learn([{ ...ben, displayName: 'Ben Okafor' }]);
  people.meet(ben);
  expect(people.isOnline(ben.id)).toBe(true);
  expect(people.name(ben.id)).toBe('Ben Okafor');
});

test('a user with an invisible display name is shown by the username', () => {
  const client = new ParleyClient({ url: 'http://localhost' });
  const people = new People(client);
  const ben = { id: '0190a000-0000-7000-8000-000000000001', username: 'ben', displayName: '\u3164' };
  client.people.learn([ben]);
  expect(people.name(ben.id)).toBe('ben');
});

test('a user whose name mixes scripts is shown with the scripts', () => {
  const client = new ParleyClient({ url: 'http://localhost' });
  const people = new People(client);
  const id = '0190a000-0000-7000-8000-000000000001';
  client.people.learn([{ id, username: 'mallory', displayName: 'аna' }]);
  expect(people.name(id)).toBe('аna ⚠ Latin + Cyrillic');
});
