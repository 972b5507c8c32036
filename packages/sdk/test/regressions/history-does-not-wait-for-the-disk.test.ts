import { expect, test } from 'bun:test';
import type { Entry } from '@parley/protocol';
import { MemoryStore } from '../../src/index.ts';
import { AnaAndBen } from '../support/ana-and-ben.ts';
import { device } from '../support/people.ts';
import { until } from '../support/until.ts';

/** A store whose writes never end. */
class SlowStore extends MemoryStore {
  override putEntries(_conversationId: string, _entries: readonly Entry[]): Promise<void> {
    return new Promise(() => undefined);
  }
}

const current = AnaAndBen.ofEachTest();

test('a page of history does not wait until it is stored', async () => {
  const two = current();
  const { room } = await two.group();
  await room.send('hello').sent();
  const store = new SlowStore();
  const laptop = await device(two.server, two.benPerson, store);
  two.more.push(laptop);
  const conversation = await until(laptop, () => laptop.conversations.get(room.id));
  const { entries } = await conversation.history();
  expect(entries.at(-1)).toMatchObject({ text: 'hello' });
  expect(await store.entries(room.id, { limit: 10 })).toEqual([]);
});
