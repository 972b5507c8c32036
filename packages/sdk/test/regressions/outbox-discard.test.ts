import { expect, test } from 'bun:test';
import { MemoryStore, ParleyError } from '../../src/index.ts';
import { Outbox } from '../../src/outbox.ts';
import { roomId } from '../support/entries.ts';
import { FakeRuntime, settled } from '../support/fake-runtime.ts';

test('a message discarded while it was under way came back after a restart when the server refused it', async () => {
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
  await settled();
  expect(message.status).toBe('sending');
  await message.discard();
  refuse(new ParleyError('announce_only', 'no'));
  await settled();
  expect(await store.outbox()).toEqual([]);
});
