import { expect, test } from 'bun:test';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { IndexedDbStore, MemoryStore } from '../src/index.ts';
import { SteadyStore } from '../src/store/steady-store.ts';
import { describeStore } from './store-contract.ts';
import { messages, roomId } from './support/entries.ts';
import { FakeRuntime } from './support/fake-runtime.ts';

// A global in browsers; the store takes only the factory as a parameter.
globalThis.IDBKeyRange = IDBKeyRange;

describeStore('MemoryStore', async () => {
  const store = new MemoryStore();
  return { store, reopen: async () => store };
});

describeStore('IndexedDbStore', async () => {
  const factory = new IDBFactory();
  return { store: new IndexedDbStore('parley', factory), reopen: async () => new IndexedDbStore('parley', factory) };
});

describeStore('SteadyStore over IndexedDbStore', async () => {
  const factory = new IDBFactory();
  const open = () => {
    const told = (failure: unknown) => {
      if (failure) throw failure;
    };
    return new SteadyStore(new IndexedDbStore('parley', factory), new FakeRuntime(), told);
  };
  return { store: open(), reopen: async () => open() };
});

test('MemoryStore keeps the newest thousand entries of a conversation', async () => {
  const store = new MemoryStore();
  await store.putEntries(roomId, messages(1, 1_500));
  const kept = await store.entries(roomId, { limit: 2_000 });
  expect(kept).toEqual(messages(501, 1_500));
});

test('IndexedDbStore: databases of different names share nothing', async () => {
  const factory = new IDBFactory();
  const one = new IndexedDbStore('https://one.example', factory);
  const other = new IndexedDbStore('https://other.example', factory);
  await one.putEntries(roomId, messages(1, 3));
  expect(await other.entries(roomId, { limit: 10 })).toEqual([]);
});

test('IndexedDbStore: methods reject if the database cannot be opened', async () => {
  const factory = new IDBFactory();
  const newer = factory.open('parley', 99);
  await new Promise((resolve) => {
    newer.onsuccess = resolve;
  });
  const store = new IndexedDbStore('parley', factory);
  await expect(store.session()).rejects.toThrow();
  await expect(store.putEntries(roomId, messages(1, 1))).rejects.toThrow();
});
