import { expect, test } from 'bun:test';
import { roomId } from '../support/entries.ts';
import { FakeApi, problem } from '../support/fake-api.ts';
import { settled } from '../support/fake-runtime.ts';

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
  await settled();
  return { api, client, shown };
}

test('a gap whose fetch failed was fetched again without a pause; now a new connection catches up', async () => {
  const { api, client, shown } = await clientWithGap(() => problem('overloaded', 503));
  expect(api.asked).toHaveLength(1);
  expect(client.state.name).toBe('waiting');
  api.intervene = () => undefined;
  await api.runtime.pass(60_000);
  await api.accept();
  expect(client.state.name).toBe('live');
  expect(shown).toEqual([2, 3, 4]);
});

test('being removed while a gap was being filled hung the client', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<undefined>((resolve) => {
    release = () => resolve(undefined);
  });
  const { api, client, shown } = await clientWithGap(() => held);
  api.runtime.socket.say({ type: 'conversation', conversationId: roomId, conversation: null });
  release();
  await settled();
  expect(client.conversations.get(roomId)).toBeUndefined();
  expect(client.state.name).toBe('live');
  expect(shown).toEqual([]);
  expect(api.asked).toHaveLength(1);
});

test('a gap in a conversation that is no longer one’s own is not asked for again', async () => {
  const { api, client } = await clientWithGap(() => problem('not_found', 404));
  expect(api.asked).toHaveLength(1);
  expect(client.conversations.get(roomId)).toBeUndefined();
  expect(client.state.name).toBe('live');
});

test('a history that lacks what came live is not asked for in a loop', async () => {
  const nothing = { conversationId: roomId, entries: [], headSeq: 1, visibleFromSeq: 1 };
  const { api, client } = await clientWithGap(() => Response.json(nothing));
  expect(api.asked).toHaveLength(1);
  expect(client.state.name).toBe('waiting');
});
