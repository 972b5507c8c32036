import { expect, test } from 'bun:test';
import {
  type Draft,
  edited,
  emptyDraft,
  isSpent,
  merged,
  newest,
  parseDraft,
  replying,
  returnedBy,
  takenBy,
  withoutLostReplies,
} from '../src/composer/draft.ts';

const replyOf = ({ replyTo }: Draft) => replyTo;
const started = edited(replying(emptyDraft, 'a', 7), 'a', 'text');

test('a draft keeps its reply while the text changes, and without a text', () => {
  expect(replyOf(edited(started, 'a', ''))).toBe(7);
  expect(isSpent(edited(started, 'a', ''))).toBe(false);
  expect(isSpent(replying(edited(started, 'a', ''), 'a', undefined))).toBe(true);
});

test('a text that is taken for sending takes its reply along, and brings it back', () => {
  const taken = takenBy(started, 'a', 'id');
  expect(replyOf(taken)).toBeUndefined();
  expect(taken.taken['a']).toMatchObject({ text: 'text', replyTo: 7 });
  expect(replyOf(returnedBy(taken, 'a', 'id'))).toBe(7);
  // The person has chosen another message meanwhile.
  expect(replyOf(returnedBy(replying(taken, 'a', 9), 'a', 'id'))).toBe(9);
});

test('tabs that changed a draft at the same time agree on its reply', () => {
  const [a, b] = [replying(started, 'a', 8), replying(started, 'b', 9)];
  expect([merged(a, b), merged(b, a)].map(replyOf)).toEqual([9, 9]);
  expect(replyOf(newest(started, a))).toBe(8);
  // One tab has sent the reply while the other one typed.
  const [sent, typed] = [takenBy(started, 'a', 'id'), edited(started, 'b', 'text and more')];
  expect([merged(sent, typed), merged(typed, sent)].map(replyOf)).toEqual([undefined, undefined]);
});

test('a reply to a message that was lost in a restore is none any longer, also of a text that is being sent', () => {
  expect(withoutLostReplies(started, 'a', 7)).toBe(started);
  const without = withoutLostReplies(started, 'a', 6);
  expect([replyOf(without), without.text]).toEqual([undefined, 'text']);
  // Other tabs take it over.
  expect(replyOf(newest(started, without))).toBeUndefined();
  const taken = withoutLostReplies(replying(takenBy(started, 'a', 'id'), 'a', 3), 'b', 6);
  expect([replyOf(taken), replyOf(returnedBy(replying(taken, 'a', undefined), 'a', 'id'))]).toEqual([3, undefined]);
});

test('a stored value that is not the number of a message is ignored', () => {
  const stored = (replyTo: unknown) => parseDraft(JSON.stringify({ ...emptyDraft, replyTo }));
  expect([0, -1, 1.5, 'x', null, 2 ** 53].map(stored)).toEqual(Array(6).fill(emptyDraft));
  expect(stored(3)).toEqual({ ...emptyDraft, replyTo: 3 });
});
