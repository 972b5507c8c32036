import { expect, test } from 'bun:test';
import { roomId } from '../support/entries.ts';
import { FakeApi, problem } from '../support/fake-api.ts';
import { idle } from '../support/idle.ts';

async function clientWithGap(intervene: FakeApi['intervene']) {
  const api = new FakeApi();
  api.write(roomId);
  const client = await api.client();
  const shown: number[] = [];
  client.on('entry', ({ seq }) => shown.push(seq));
  client.connect();
  await api.accept();
  api.intervene = intervene;
  for (const entry of api.write(roomId, 3).slice(2)) api.runtime.socket.say({ type: 'entry', entry });
  await idle();
  return { api, client, shown };
}

test('after the fetch of a gap fails, a new connection catches up instead of an immediate retry', async () => {
  const { api, client, shown } = await clientWithGap(() => problem('overloaded', 503));
  expect(api.asked).toHaveLength(1);
  expect(client.state.name).toBe('waiting');
  api.intervene = () => undefined;
  await api.runtime.pass(60_000);
  await api.accept();
  expect(client.state.name).toBe('live');
  expect(shown).toEqual([2, 3, 4]);
});

test('a client that is removed from a conversation while filling a gap continues', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<undefined>((resolve) => {
    release = () => resolve(undefined);
  });
  const { api, client, shown } = await clientWithGap(() => held);
  api.runtime.socket.say({ type: 'conversation', conversationId: roomId, conversation: null });
  release();
  await idle();
  expect(client.conversations.get(roomId)).toBeUndefined();
  expect(client.state.name).toBe('live');
  expect(shown).toEqual([]);
  expect(api.asked).toHaveLength(1);
});

test('a gap in a conversation that the user left is not fetched again', async () => {
  const { api, client } = await clientWithGap(() => problem('not_found', 404));
  expect(api.asked).toHaveLength(1);
  expect(client.conversations.get(roomId)).toBeUndefined();
  expect(client.state.name).toBe('live');
});

test('a history without the live entries is not fetched in a loop', async () => {
  const nothing = { conversationId: roomId, entries: [], headSeq: 1, visibleFromSeq: 1 };
  const { api, client } = await clientWithGap(() => Response.json(nothing));
  expect(api.asked).toHaveLength(1);
  expect(client.state.name).toBe('waiting');
});
