import { expect, test } from 'bun:test';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { HttpApi, IndexedDbStore } from '../src/index.ts';
import { ana } from './support/entries.ts';
import { FakeRuntime } from './support/fake-runtime.ts';
import { counted, idle } from './support/idle.ts';

globalThis.IDBKeyRange = IDBKeyRange;

test('a client is idle only after all its requests, each of which follows from the one before', async () => {
  const runtime = new FakeRuntime();
  // The body comes later than the response, as over a network.
  runtime.answer = () => {
    const body = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        controller.enqueue(new TextEncoder().encode(JSON.stringify({ version: '1', signup: 'open', empty: false })));
        controller.close();
      },
    });
    return new Response(body);
  };
  const api = new HttpApi('https://chat.example', runtime);
  let answered = 0;
  void (async () => {
    for (let request = 0; request < 10; request++) {
      await api.call('getServer', {});
      answered++;
    }
  })();
  await idle();
  expect(answered).toBe(10);
});

test('a client is idle only after all transactions of its store, each of which follows from the one before', async () => {
  const store = new IndexedDbStore('parley', new IDBFactory());
  let written = 0;
  void (async () => {
    for (let write = 0; write < 10; write++) {
      await store.setSession({ token: `token ${write}`, account: ana });
      written++;
    }
  })();
  await idle();
  expect(written).toBe(10);
});

test('a client is idle only after every step, however many promises it waits for', async () => {
  let steps = 0;
  void (async () => {
    for (; steps < 1_000; steps++) await undefined;
    await counted('a slow operation', () => new Promise((resolve) => setTimeout(resolve, 1)));
    steps++;
  })();
  await idle();
  expect(steps).toBe(1_001);
});

test('a response that the test holds back does not keep a client from being idle', async () => {
  const runtime = new FakeRuntime();
  const { promise: held, resolve: release } = Promise.withResolvers<Response>();
  runtime.answer = () => held;
  const api = new HttpApi('https://chat.example', runtime);
  let isAnswered = false;
  void api.call('getServer', {}).then(() => {
    isAnswered = true;
  });
  await idle();
  expect(isAnswered).toBe(false);
  release(Response.json({ version: '1', signup: 'open', empty: false }));
  await idle();
  expect(isAnswered).toBe(true);
});
