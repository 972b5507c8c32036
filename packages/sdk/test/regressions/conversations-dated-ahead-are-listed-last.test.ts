import { expect, test } from 'bun:test';
import type { ParleyClient } from '../../src/index.ts';
import { message } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import { welcome } from '../support/frames.ts';
import { idle } from '../support/idle.ts';

const dayMs = 86_400_000;
const nowMs = 1_767_225_600_000;

const names = ['old', 'first', 'second', 'third', 'ahead'];
const idOf = (name: string) => `01900000-0000-7000-8000-00000000000${names.indexOf(name)}`;

/** A live client with conversations that had their last activity at these times. */
async function liveClient(times: Record<string, number>) {
  const api = new FakeApi();
  for (const name of Object.keys(times)) api.write(idOf(name));
  const conversations = Object.entries(times).map(([name, atMs]) => ({
    ...api.conversation(idOf(name)),
    lastActivityAtMs: atMs,
  }));
  const client = await api.client();
  client.connect();
  api.runtime.socket.open();
  api.runtime.socket.say({ ...welcome(conversations), serverTimeMs: Math.max(...Object.values(times)) });
  await idle();
  expect(client.state.name).toBe('live');
  const written = (name: string, seq: number, atMs: number) =>
    api.runtime.socket.say({ type: 'entry', entry: message(seq, { conversationId: idOf(name), atMs }) });
  return { client, runtime: api.runtime, written };
}

const order = (client: ParleyClient) => client.conversations.list().map(({ id }) => names[Number(id.slice(-1))]);

test('conversations dated ahead are listed after one with an entry of the corrected clock, in their order', async () => {
  const { client, written } = await liveClient({ old: nowMs - 1_000, second: nowMs + dayMs, first: nowMs + dayMs + 5 });
  expect(order(client)).toEqual(['first', 'second', 'old']);
  written('old', 2, nowMs);
  await idle();
  expect(order(client)).toEqual(['old', 'first', 'second']);
  written('second', 2, nowMs + 10);
  await idle();
  expect(order(client)).toEqual(['second', 'old', 'first']);
  expect(client.conversations.list().every(({ data }) => data.lastActivityAtMs <= nowMs + 10)).toBe(true);
});

test('conversations dated ahead are moved by the server’s time alone, without a new entry', async () => {
  const { client, runtime } = await liveClient({ old: nowMs - 1_000, ahead: nowMs + dayMs });
  runtime.socket.say({ type: 'pong', serverTimeMs: nowMs });
  await idle();
  const [first] = client.conversations.list();
  expect(first?.data.lastActivityAtMs).toBeLessThan(nowMs);
});

test('a repeated old entry and clocks that differ by seconds do not change the order', async () => {
  const { client, written } = await liveClient({ first: nowMs, second: nowMs - 4_000, third: nowMs - dayMs });
  const times = () => client.conversations.list().map(({ data }) => data.lastActivityAtMs);
  const before = times();
  written('third', 1, nowMs - dayMs);
  await idle();
  expect(times()).toEqual(before);
  written('third', 2, nowMs - 5_000);
  await idle();
  expect(order(client)).toEqual(['first', 'second', 'third']);
});
