import { expect, test } from 'bun:test';
import type { ConversationHead, Participant } from '../../src/conversations/conversation.ts';
import { ParticipantsCache } from '../../src/distribution/participants-cache.ts';

/** A cache of at most `maxParticipants` over a store in which each conversation has so many members. */
function cacheOver({ maxParticipants, members }: { maxParticipants: number; members: number }) {
  let reads = 0;
  const store = {
    members: async () => {
      reads++;
      return Array.from({ length: members }, (_, index) => ({ userId: String(index) }) as Participant);
    },
  };
  const cache = new ParticipantsCache(store, maxParticipants);
  /** Whether the list of the conversation came from the cache. */
  const isCached = async (id: string, membershipSeq = 1, epoch = 'epoch') => {
    const before = reads;
    const list = await cache.membersAt({ id, membershipSeq } as ConversationHead, epoch);
    expect(list).toHaveLength(members);
    return reads === before;
  };
  return { isCached };
}

test('the cache is bounded by the number of participants, not of conversations', async () => {
  const { isCached } = cacheOver({ maxParticipants: 10_000, members: 512 });
  const ids = Array.from({ length: 100 }, (_, index) => `conversation ${index}`);
  for (const id of ids) await isCached(id);
  let cached = 0;
  // From the newest one, because each list that is read displaces the one that was used least recently.
  for (const id of ids.toReversed()) if (await isCached(id)) cached++;
  expect(cached).toBe(Math.floor(10_000 / 513));
});

test('the list that was used least recently goes first', async () => {
  const { isCached } = cacheOver({ maxParticipants: 30, members: 9 });
  for (const id of ['a', 'b', 'c']) await isCached(id);
  expect(await isCached('a')).toBe(true);
  await isCached('d');
  expect(await isCached('a')).toBe(true);
  expect(await isCached('b')).toBe(false);
});

test('lists that are read again count once', async () => {
  const { isCached } = cacheOver({ maxParticipants: 30, members: 9 });
  for (const id of ['a', 'b']) await isCached(id);
  for (let seq = 2; seq < 20; seq++) expect(await isCached('a', seq)).toBe(false);
  expect(await isCached('b')).toBe(true);
});

test('the list of another epoch is read again, although its membership number is the same', async () => {
  const { isCached } = cacheOver({ maxParticipants: 30, members: 9 });
  await isCached('a');
  expect(await isCached('a')).toBe(true);
  expect(await isCached('a', 1, 'the epoch after a restore')).toBe(false);
  expect(await isCached('a', 1, 'the epoch after a restore')).toBe(true);
});
