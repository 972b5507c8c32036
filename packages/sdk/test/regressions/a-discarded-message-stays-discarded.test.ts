import { expect, test } from 'bun:test';
import { MemoryStore, ParleyError } from '../../src/index.ts';
import { Outbox } from '../../src/outbox.ts';
import { roomId } from '../support/entries.ts';
import { FakeRuntime } from '../support/fake-runtime.ts';
import { idle } from '../support/idle.ts';

test('a message that is discarded while being sent stays discarded when the server refuses it', async () => {
  const store = new MemoryStore();
  let refuse: (error: Error) => void = () => undefined;
  const transmit = () =>
    new Promise<never>((_, reject) => {
      refuse = reject;
    });
  const outbox = new Outbox(
    store,
    transmit,
    new FakeRuntime(),
    () => undefined,
    () => undefined,
  );
  outbox.resume();
  const message = outbox.add(roomId, 'text');
  await idle();
  expect(message.status).toBe('sending');
  await message.discard();
  refuse(new ParleyError('announce_only', 'no'));
  await idle();
  expect(await store.outbox()).toEqual([]);
});
