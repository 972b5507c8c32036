import { expect, test } from 'bun:test';
import { Refusals } from '../src/chat/refusals.ts';

test('refusals are reported one at a time, and many for one reason in a conversation as one', () => {
  const refusals = new Refusals();
  const refused = (conversationId: string, code: string) => ({
    conversationId,
    failure: { code, message: code, errors: [] },
  });
  const first = refused('harbour', 'message_deleted');
  for (const each of [
    first,
    refused('harbour', 'message_deleted'),
    refused('harbour', 'forbidden'),
    refused('quay', 'forbidden'),
  ])
    refusals.add(each);
  expect(refusals.first).toBe(first);
  const seen: string[] = [];
  for (let next = refusals.first; next; next = refusals.first) {
    seen.push(`${next.conversationId} ${next.failure.code}`);
    refusals.removeFirst();
  }
  expect(seen).toEqual(['harbour message_deleted', 'harbour forbidden', 'quay forbidden']);
  refusals.add(first);
  refusals.clear();
  expect(refusals.first).toBeUndefined();
});
