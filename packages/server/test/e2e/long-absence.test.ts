import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Entry } from '@parley/protocol';
import { type Person, RunningServer } from '../support/running-server.ts';

const conversations = 200;
const messages = 1_000;

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

test('a client that was offline for 1,000 messages in 200 conversations gets them all, most recent conversations first', async () => {
  const [away, ...others] = await server.people('person', conversations + 1);
  if (!away) throw new Error('the absent client is set');
  const rooms: { id: string; other: Person }[] = [];
  // One after the other, because a busy server refuses what it cannot carry out in time.
  for (const other of others) {
    const { id } = await server.call(other, 'createGroup', { name: 'g', userIds: [away.account.id] });
    rooms.push({ id, other });
  }
  const client = await server.client(away);
  client.connect();
  await client.live();
  expect(client.conversations.list()).toHaveLength(conversations);
  client.close();

  // Each conversation gets 1, 3, 5, 7 or 9 messages: 1,000 in all, the last of each in the order of `rooms`.
  const sentTo = rooms.map((_, index) => 1 + 2 * (index % 5));
  expect(sentTo.reduce((sum, count) => sum + count, 0)).toBe(messages);
  for (const [index, { id, other }] of rooms.entries()) {
    for (let count = 0; count < (sentTo[index] ?? 0); count++) {
      await server.call(other, 'sendMessage', {
        conversationId: id,
        clientMessageId: `m${count}`,
        text: `text ${count}`,
      });
    }
  }

  const shown = new Map<string, Entry[]>();
  const firstShown: string[] = [];
  client.on('entry', (entry) => {
    if (!shown.has(entry.conversationId)) firstShown.push(entry.conversationId);
    shown.set(entry.conversationId, [...(shown.get(entry.conversationId) ?? []), entry]);
  });
  client.connect();
  await client.live();

  const listed = client.conversations.list();
  expect(new Set(listed.map(({ id }) => id))).toEqual(new Set(rooms.map(({ id }) => id)));
  const times = listed.map(({ data }) => data.lastMessage?.atMs ?? 0);
  expect(times).toEqual(times.toSorted((a, b) => b - a));
  for (const [index, { id }] of rooms.entries()) {
    const conversation = client.conversations.get(id);
    expect(conversation?.unreadCount).toBe(sentTo[index] ?? 0);
    expect(shown.get(id)?.map(({ seq }) => seq)).toEqual(Array.from({ length: sentTo[index] ?? 0 }, (_, n) => n + 2));
  }
  // The most recent conversations were caught up first, except for those that are fetched in parallel.
  const newest = new Set(listed.slice(0, 50).map(({ id }) => id));
  expect(firstShown.slice(0, 50).filter((id) => newest.has(id)).length).toBeGreaterThan(40);
  client.close();
});

test('after thousands of missed messages a conversation gives its newest page, and the others on request', async () => {
  const [away, other] = await server.people('other', 2);
  if (!away || !other) throw new Error('both people exist');
  const { id } = await server.call(other, 'createGroup', { name: 'busy', userIds: [away.account.id] });
  const client = await server.client(away);
  client.connect();
  await client.live();
  client.close();
  const sender = await server.wire(other);
  for (let batch = 0; batch < 20; batch++) {
    const sends = Array.from({ length: 100 }, (_, n) =>
      sender.request({ type: 'send', conversationId: id, clientMessageId: `m${batch}-${n}`, text: 'x' }),
    );
    for (const answer of await Promise.all(sends)) expect(answer.type).toBe('ack');
  }
  const head = (await server.call(other, 'getConversation', { conversationId: id })).headSeq;
  expect(head).toBe(2_001);

  const skipped: { fromSeq: number; toSeq: number }[] = [];
  const shown: number[] = [];
  client.on('skipped', ({ fromSeq, toSeq }) => skipped.push({ fromSeq, toSeq }));
  client.on('entry', ({ seq }) => shown.push(seq));
  client.connect();
  await client.live();
  expect(skipped).toEqual([{ fromSeq: 2, toSeq: head - 50 }]);
  expect(shown).toEqual(Array.from({ length: 50 }, (_, n) => head - 49 + n));
  const conversation = client.conversations.get(id);
  const all: number[] = [];
  for await (const entry of conversation?.live({ after: 0 }) ?? []) {
    all.push(entry.seq);
    if (entry.seq === head) break;
  }
  expect(all).toEqual(Array.from({ length: head }, (_, n) => n + 1));
  client.close();
  await sender.close();
});
