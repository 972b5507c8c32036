import { beforeEach, expect, test } from 'bun:test';
import { IDBKeyRange } from 'fake-indexeddb';
import { IndexedDatabase, IndexedDbStore, type LayoutStep, type StoreNotice } from '../src/index.ts';
import { ana, messages, roomId } from './support/entries.ts';
import { KeptFactory } from './support/kept-factory.ts';

// A global in browsers; the store takes only the factory as a parameter.
globalThis.IDBKeyRange = IDBKeyRange;

const session = { token: 'token', account: ana };
const first: LayoutStep = (database) => void database.createObjectStore('one');
const second: LayoutStep = (database, upgrade) => {
  database.createObjectStore('two');
  upgrade.objectStore('one').put('upgraded', 'by');
};

let factory: KeptFactory;
beforeEach(() => {
  factory = new KeptFactory();
});

function put(database: IndexedDatabase, store: string, value: string): Promise<void> {
  return database.run([store], 'readwrite', (transaction) => {
    transaction.objectStore(store).put(value, 'key');
    return () => undefined;
  });
}

function get(database: IndexedDatabase, store: string, key = 'key'): Promise<unknown> {
  return database.run([store], 'readonly', (transaction) => {
    const request = transaction.objectStore(store).get(key);
    return () => request.result;
  });
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000; turn++) {
    if (isSo()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`waited in vain for: ${what}`);
}

test('a database that the browser closed is reopened with its data', async () => {
  const store = new IndexedDbStore('parley', factory);
  await store.setSession(session);
  factory.closeAll();
  expect(await store.session()).toEqual(session);
  factory.closeAll();
  await store.putEntries(roomId, messages(1, 3));
  expect(await store.entries(roomId, { limit: 10 })).toEqual(messages(1, 3));
});

test('a write during which the browser closes the database succeeds', async () => {
  const store = new IndexedDbStore('parley', factory);
  await store.setSession(session);
  const writes = [1, 2, 3].map((seq) => store.putEntries(roomId, messages(seq, seq)));
  await Promise.resolve();
  factory.closeAll();
  await Promise.all(writes);
  expect(await store.entries(roomId, { limit: 10 })).toEqual(messages(1, 3));
});

test('a connection that was closed without an event is replaced at the next use', async () => {
  const store = new IndexedDbStore('parley', factory);
  await store.setSession(session);
  for (const database of factory.opened) database.close();
  expect(await store.session()).toEqual(session);
});

test('a deleted database is created again at once and reported as lost', async () => {
  const store = new IndexedDbStore('parley', factory);
  let lost = 0;
  store.onNotice((notice) => notice === 'lost' && lost++);
  await store.setSession(session);
  await factory.remove('parley');
  await until('the store reports that it lost its data', () => lost === 1);
  expect(await store.session()).toBeNull();
  await store.setSession(session);
  expect(await store.session()).toEqual(session);
  expect(lost).toBe(1);
});

test('the first use of an empty database does not report a loss', async () => {
  const store = new IndexedDbStore('parley', factory);
  let lost = 0;
  store.onNotice((notice) => notice === 'lost' && lost++);
  expect(await store.session()).toBeNull();
  factory.closeAll();
  expect(await store.session()).toBeNull();
  expect(lost).toBe(0);
});

for (const name of ['SecurityError', 'InvalidStateError', 'UnknownError', 'QuotaExceededError']) {
  test(`opening that failed with ${name} is retried at the next use`, async () => {
    const store = new IndexedDbStore('parley', factory);
    factory.failure = new DOMException('no', name);
    await expect(store.session()).rejects.toThrow('no');
    await expect(store.setSession(session)).rejects.toThrow('no');
    factory.failure = null;
    await store.setSession(session);
    expect(await store.session()).toEqual(session);
  });
}

test('a browser without IndexedDB gets a clear error', async () => {
  expect(globalThis.indexedDB).toBeUndefined();
  await expect(new IndexedDbStore('parley').session()).rejects.toThrow('this browser has no IndexedDB');
});

test('if the disk is full, entries are deleted to make room', async () => {
  const store = new IndexedDbStore('parley', factory);
  await store.putEntries(roomId, messages(1, 3));
  const [database] = factory.opened;
  if (!database) throw new Error('no database is open');
  const { transaction } = database;
  let failures = 1;
  database.transaction = function (this: IDBDatabase, ...given) {
    if (given[1] === 'readwrite' && failures-- > 0) throw new DOMException('full', 'QuotaExceededError');
    return transaction.apply(this, given);
  };
  await store.setSession(session);
  expect(await store.session()).toEqual(session);
  expect(await store.entries(roomId, { limit: 10 })).toEqual([]);
});

test('each version adds its steps to databases of earlier versions', async () => {
  const older = new IndexedDatabase('parley', [first], factory);
  await put(older, 'one', 'kept');
  factory.closeAll();
  const newer = new IndexedDatabase('parley', [first, second], factory);
  expect(await get(newer, 'one')).toBe('kept');
  expect(await get(newer, 'one', 'by')).toBe('upgraded');
  await put(newer, 'two', 'new');
  const fresh = new IndexedDatabase('fresh', [first, second], factory);
  await put(fresh, 'two', 'new');
  expect(await get(fresh, 'two')).toBe('new');
});

test('an open page of an earlier version lets a later one upgrade and continues with the database', async () => {
  const older = new IndexedDatabase('parley', [first], factory);
  const notices: StoreNotice[] = [];
  older.onNotice((notice) => notices.push(notice));
  await put(older, 'one', 'kept');
  const newer = new IndexedDatabase('parley', [first, second], factory);
  await put(newer, 'two', 'new');
  expect(await get(newer, 'one')).toBe('kept');
  expect(notices).toEqual(['newer']);
  await put(older, 'one', 'of the older page');
  expect(await get(newer, 'one')).toBe('of the older page');
  await put(newer, 'one', 'of the newer page');
  expect(await get(older, 'one')).toBe('of the newer page');
  expect(new Set(notices)).toEqual(new Set(['newer']));
});

test('a page of an earlier version uses the database of a later version that is not open', async () => {
  const newer = new IndexedDatabase('parley', [first, second], factory);
  await put(newer, 'one', 'kept');
  factory.closeAll();
  const older = new IndexedDatabase('parley', [first], factory);
  const notices: StoreNotice[] = [];
  older.onNotice((notice) => notices.push(notice));
  expect(await get(older, 'one')).toBe('kept');
  await put(older, 'one', 'of the older page');
  expect(notices).toEqual([]);
  factory.closeAll();
  const again = new IndexedDatabase('parley', [first, second], factory);
  expect([await get(again, 'one'), await get(again, 'one', 'by')]).toEqual(['of the older page', 'upgraded']);
});

test('a database without a store that an earlier version needs is not opened and stays unchanged', async () => {
  const other: LayoutStep = (database) => void database.createObjectStore('two');
  const newer = new IndexedDatabase('parley', [other], factory);
  await put(newer, 'two', 'kept');
  const needsMore = new IndexedDatabase('parley', [first], factory);
  const failure = await put(needsMore, 'one', 'lost').catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: 'NotFoundError' });
  expect(await get(newer, 'two')).toBe('kept');
});

test('a page that does not close its connection blocks the upgrade until it does, and this is reported', async () => {
  const request = factory.open('parley', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('one');
  await until('the earlier version is open', () => factory.opened.length === 1);
  const newer = new IndexedDatabase('parley', [first, second], factory);
  const notices: StoreNotice[] = [];
  newer.onNotice((notice) => notices.push(notice));
  const writing = put(newer, 'two', 'new');
  await until('the upgrade is blocked', () => notices.length > 0);
  expect([notices, factory.opened.length]).toEqual([['blocked'], 1]);
  request.result.close();
  await writing;
  expect(await get(newer, 'two')).toBe('new');
  expect(notices).toEqual(['blocked', 'opened']);
});

test('a blocked upgrade is reported even if the browser does not report it, like Firefox', async () => {
  const request = factory.open('parley', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('one');
  await until('the earlier version is open', () => factory.opened.length === 1);
  factory.isSilent = true;
  const newer = new IndexedDatabase('parley', [first, second], factory);
  const notices: StoreNotice[] = [];
  const told = new Promise<void>((resolve) => {
    newer.onNotice((notice) => {
      notices.push(notice);
      resolve();
    });
  });
  const writing = put(newer, 'two', 'new');
  await told;
  request.result.close();
  await writing;
  expect(notices).toEqual(['blocked', 'opened']);
});

test('an upgrade that fails after it was blocked is reported as opened', async () => {
  const request = factory.open('parley', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('one');
  await until('the earlier version is open', () => factory.opened.length === 1);
  const failing: LayoutStep = (_, upgrade) => upgrade.abort();
  const newer = new IndexedDatabase('parley', [first, failing], factory);
  const notices: StoreNotice[] = [];
  newer.onNotice((notice) => notices.push(notice));
  const writing = put(newer, 'one', 'new').catch((error: unknown) => error);
  await until('the upgrade is blocked', () => notices.length > 0);
  request.result.close();
  expect(await writing).toMatchObject({ name: 'AbortError' });
  expect(notices).toEqual(['blocked', 'opened']);
});
