import { expect, test } from 'bun:test';
import { initialsOf } from '../src/people/initials.ts';

test.each([
  ['Ana Ruiz', 'AR'],
  ['ana', 'A'],
  ['(Ana) "Ruiz"', 'AR'],
  ['👩‍👩‍👧 Ruiz', '👩‍👩‍👧R'],
  ['🇸🇪 🏴󠁧󠁢󠁥󠁮󠁧󠁿', '🇸🇪🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
  ['👍🏽❤️', '👍🏽'],
  ['किरण देवी', 'किदे'],
  ['e\u0301mile', 'É'],
  ['กำพล', 'กำ'],
  ['李伟', '李'],
  ['\u200bAna \u3164Ruiz', 'AR'],
  ['istanbul', 'I'],
  [`a${'\u0301'.repeat(60)}`, '\u00c1\u0301'],
  ['…', ''],
  ['', ''],
])('the initials of %j are %j', (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});
