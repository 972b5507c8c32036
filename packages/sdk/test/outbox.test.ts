import { beforeEach, describe, expect, test } from 'bun:test';
import type { Receipt } from '@parley/protocol';
import { Disconnected, MemoryStore, type OutgoingMessage, ParleyError, type Store } from '../src/index.ts';
import { Outbox } from '../src/outbox.ts';
import type { StoredMessage } from '../src/store/store.ts';
import { message, otherRoomId, roomId } from './support/entries.ts';
import { FakeRuntime } from './support/fake-runtime.ts';
import { idle } from './support/idle.ts';

/** A message that was transmitted and waits for the response of the test. */
interface Transmitted extends StoredMessage {
  ack(seq?: number): Promise<void>;
  refuse(error: Error): Promise<void>;
}

let runtime: FakeRuntime;
let store: Store;
let transmitted: Transmitted[];
let told: string[];
let failures: unknown[];
beforeEach(() => {
  runtime = new FakeRuntime();
  store = new MemoryStore();
  transmitted = [];
  told = [];
  failures = [];
});

function outboxOn(kept: Store = store): Outbox {
  const transmit = (stored: StoredMessage) =>
    new Promise<Receipt>((resolve, reject) => {
      transmitted.push({
        ...stored,
        ack: (seq = transmitted.length) => {
          resolve({ conversationId: stored.conversationId, seq, messageCount: seq, atMs: seq });
          return idle();
        },
        refuse: (error) => {
          reject(error);
          return idle();
        },
      });
    });
  const changed = ({ text, status }: OutgoingMessage) => told.push(`${text} ${status}`);
  return new Outbox(kept, transmit, runtime, changed, (error) => failures.push(error));
}

async function connectedOutbox(): Promise<Outbox> {
  const outbox = outboxOn();
  await outbox.load();
  outbox.resume();
  return outbox;
}

const texts = () => transmitted.map(({ text }) => text);
const last = (): Transmitted => {
  const newest = transmitted.at(-1);
  if (!newest) throw new Error('nothing was transmitted');
  return newest;
};
const limited = (retryAfterMs: number) => new ParleyError('rate_limited', 'slowly', null, [], retryAfterMs);

describe('order', () => {
  test('one message per conversation is sent at a time, in the order in which they were written', async () => {
    const outbox = await connectedOutbox();
    for (const text of ['one', 'two', 'three']) outbox.add(roomId, text);
    outbox.add(otherRoomId, 'elsewhere');
    await idle();
    expect(texts()).toEqual(['one', 'elsewhere']);
    await transmitted[0]?.ack();
    expect(texts()).toEqual(['one', 'elsewhere', 'two']);
    await last().ack();
    await last().ack();
    expect(texts()).toEqual(['one', 'elsewhere', 'two', 'three']);
  });

  test('a message that has to wait holds back later ones', async () => {
    const outbox = await connectedOutbox();
    outbox.add(roomId, 'one');
    outbox.add(roomId, 'two');
    await idle();
    await last().refuse(limited(5_000));
    expect(texts()).toEqual(['one']);
    await runtime.pass(5_000);
    expect(texts()).toEqual(['one', 'one']);
    await last().ack();
    expect(texts()).toEqual(['one', 'one', 'two']);
  });

  test('a restart keeps the order, also of messages written within one millisecond', async () => {
    const before = outboxOn();
    for (const text of ['one', 'two', 'three']) before.add(roomId, text);
    await idle();
    const outbox = await connectedOutbox();
    outbox.add(roomId, 'four');
    await idle();
    for (let count = 0; count < 4; count++) await last().ack();
    expect(texts()).toEqual(['one', 'two', 'three', 'four']);
    expect(outbox.of(roomId)).toEqual([]);
  });
});

describe('contract 2: a retry has the same client message id', () => {
  test('over reconnects, until the server responds', async () => {
    const outbox = await connectedOutbox();
    const sending = outbox.add(roomId, 'text');
    await idle();
    for (let cut = 0; cut < 3; cut++) {
      outbox.pause();
      await last().refuse(new Disconnected('cut'));
      expect(sending.status).toBe('queued');
      outbox.resume();
      await idle();
    }
    expect(transmitted).toHaveLength(4);
    await last().ack(7);
    expect(new Set(transmitted.map(({ clientMessageId }) => clientMessageId))).toEqual(
      new Set([sending.clientMessageId]),
    );
    expect(await sending.sent()).toMatchObject({ seq: 7 });
  });

  test('over a restart with the same store', async () => {
    const before = await connectedOutbox();
    const { clientMessageId } = before.add(roomId, 'text');
    await idle();
    expect(transmitted).toHaveLength(1);
    // The process ends here; the message may have arrived.
    const outbox = await connectedOutbox();
    await idle();
    expect(transmitted.map((each) => each.clientMessageId)).toEqual([clientMessageId, clientMessageId]);
    await last().ack();
    expect(await store.outbox()).toEqual([]);
    expect(outbox.of(roomId)).toEqual([]);
  });

  test('after a timeout on a connection that stays open', async () => {
    const outbox = await connectedOutbox();
    outbox.add(roomId, 'text');
    await idle();
    await last().refuse(new Disconnected('request timeout'));
    expect(transmitted).toHaveLength(1);
    await runtime.pass(1_000);
    expect(transmitted).toHaveLength(2);
    expect(transmitted[1]?.clientMessageId).toBe(transmitted[0]?.clientMessageId ?? '');
  });
});

test('a message is stored before it is sent, and deleted from the store afterwards', async () => {
  const outbox = await connectedOutbox();
  const put = store.putOutbox.bind(store);
  let keep: () => void = () => undefined;
  store.putOutbox = async (stored) => {
    await new Promise<void>((resolve) => {
      keep = resolve;
    });
    await put(stored);
  };
  outbox.add(roomId, 'text');
  await idle();
  expect(transmitted).toEqual([]);
  keep();
  await idle();
  expect(await store.outbox()).toHaveLength(1);
  await last().ack();
  expect(await store.outbox()).toEqual([]);
  expect(told).toEqual(['text queued', 'text sending', 'text sent']);
});

test('a message is sent although the store is full, and the failure is reported', async () => {
  const outbox = await connectedOutbox();
  store.putOutbox = () => Promise.reject(new Error('quota exceeded'));
  outbox.add(roomId, 'text');
  await idle();
  expect(texts()).toEqual(['text']);
  expect(failures).toEqual([new Error('quota exceeded')]);
});

test('the arrival of the entry acknowledges the message', async () => {
  const outbox = await connectedOutbox();
  const sending = outbox.add(roomId, 'text');
  const sent = sending.sent();
  await idle();
  outbox.arrived(sending.clientMessageId, message(9, { clientMessageId: sending.clientMessageId }));
  expect(await sent).toMatchObject({ seq: 9 });
  expect(sending.status).toBe('sent');
  await last().refuse(new Disconnected('the ack was lost'));
  outbox.resume();
  await idle();
  expect(transmitted).toHaveLength(1);
  expect(sending.status).toBe('sent');
  expect(await store.outbox()).toEqual([]);
});

describe('error responses', () => {
  for (const code of ['rate_limited', 'overloaded', 'unavailable'] as const) {
    test(`${code} is retried after the time that the server specifies`, async () => {
      const outbox = await connectedOutbox();
      const sending = outbox.add(roomId, 'text');
      await idle();
      await last().refuse(new ParleyError(code, 'later', null, [], 3_000));
      expect(sending.status).toBe('queued');
      await runtime.pass(2_999);
      expect(transmitted).toHaveLength(1);
      await runtime.pass(1);
      expect(transmitted).toHaveLength(2);
    });
  }

  test('a permanent error fails the message, which stays in the store and does not hold back later ones', async () => {
    const outbox = await connectedOutbox();
    const refused = outbox.add(roomId, 'refused');
    outbox.add(roomId, 'next');
    const outcome = refused.sent().catch((error: unknown) => error);
    await idle();
    const refusal = new ParleyError('announce_only', 'only admins write here');
    await last().refuse(refusal);
    expect(await outcome).toBe(refusal);
    expect(refused).toMatchObject({ status: 'failed', failure: { code: 'announce_only' } });
    expect(texts()).toEqual(['refused', 'next']);
    await last().ack();
    const later = await connectedOutbox();
    const [kept] = later.of(roomId);
    expect(kept).toMatchObject({ text: 'refused', status: 'failed', failure: { code: 'announce_only' } });
    expect(texts()).toEqual(['refused', 'next']);
    await expect(kept?.sent()).rejects.toMatchObject({ code: 'announce_only' });
  });

  test('a failed message can be retried under the same id', async () => {
    const outbox = await connectedOutbox();
    const sending = outbox.add(roomId, 'text');
    await idle();
    await last().refuse(new ParleyError('announce_only', 'no'));
    sending.retry();
    sending.retry();
    await idle();
    expect(transmitted.map(({ clientMessageId }) => clientMessageId)).toEqual([
      sending.clientMessageId,
      sending.clientMessageId,
    ]);
    await last().ack();
    expect(sending).toMatchObject({ status: 'sent', failure: null });
  });

  test('a failed message can be discarded', async () => {
    const outbox = await connectedOutbox();
    const sending = outbox.add(roomId, 'text');
    await idle();
    await last().refuse(new ParleyError('announce_only', 'no'));
    await sending.discard();
    expect(outbox.of(roomId)).toEqual([]);
    expect(await store.outbox()).toEqual([]);
    sending.retry();
    await idle();
    expect(transmitted).toHaveLength(1);
  });

  test('an internal error is retried once, however often the connection was lost before', async () => {
    const outbox = await connectedOutbox();
    const sending = outbox.add(roomId, 'text');
    await idle();
    for (let lost = 0; lost < 3; lost++) {
      await last().refuse(new Disconnected('cut'));
      await runtime.pass(1_000);
    }
    await last().refuse(new ParleyError('internal', 'a fault'));
    expect(sending.status).toBe('queued');
    await runtime.pass(1_000);
    await last().refuse(new ParleyError('internal', 'a fault'));
    expect(sending.status).toBe('failed');
  });
});

test('sent() rejects when the message is discarded', async () => {
  const outbox = await connectedOutbox();
  outbox.pause();
  const sending = outbox.add(roomId, 'text');
  const outcome = sending.sent().catch((error: unknown) => error);
  await sending.discard();
  expect(await outcome).toBeInstanceOf(Disconnected);
  outbox.resume();
  await idle();
  expect(transmitted).toEqual([]);
});
