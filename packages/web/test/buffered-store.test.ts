import { expect, test } from 'bun:test';
import { MemoryStore } from '@parley/sdk';
import { conversation, message } from '../../sdk/test/support/entries.ts';
import { BufferedStore } from '../src/engine/buffered-store.ts';

/** A store that is writing an entry and writes the entry's conversation next. */
async function whileWriting() {
  const memory = new MemoryStore();
  const { promise: isWriting, resolve: begun } = Promise.withResolvers<void>();
  const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
  memory.putEntries = async () => {
    begun();
    await goesOn;
  };
  const store = new BufferedStore(memory);
  const written = Promise.all([
    store.putEntries('kitchen', [message(1, { conversationId: 'kitchen' })]),
    store.putConversation({ conversation: conversation(1, { id: 'kitchen' }), position: 1 }),
  ]);
  await isWriting;
  return { memory, store, goOn, written };
}

test('a conversation that is deleted during a write is not written afterwards', async () => {
  const { memory, store, goOn, written } = await whileWriting();
  await store.deleteConversation('kitchen');
  goOn();
  await written;
  expect(await memory.conversations()).toEqual([]);
});

test('nothing is written after the store was cleared', async () => {
  const { memory, store, goOn, written } = await whileWriting();
  await store.clear();
  goOn();
  await written;
  expect(await memory.conversations()).toEqual([]);
});
