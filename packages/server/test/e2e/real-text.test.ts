import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Conversation, ParleyClient } from '@parley/sdk';
import fc from 'fast-check';
import { RandomAmendments } from '../support/random-amendments.ts';
import { articles, naughty } from '../support/real-text.ts';
import { type Person, RunningServer } from '../support/running-server.ts';
import { ShownConversation } from '../support/shown-conversation.ts';

const peopleCount = 50;
const seed = 20_260_501;

/** After so many messages there is one amendment. */
const messagesPerAmendment = 4;

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

test('with 50 people, hostile text in all languages and one amendment in five, every device shows the history, the messages and the amendments', async () => {
  const [draw] = fc.sample(fc.infiniteStream(fc.nat(1_000_000)), { numRuns: 1, seed });
  const random = (below: number) => (draw?.next().value ?? 0) % below;
  const people = await server.people('reader', peopleCount);
  const rooms = await makeConversations(people, random);
  const clients = await Promise.all(people.map((person) => connected(person)));
  const views = clients.flatMap((client) =>
    client.conversations.list().map((each) => new ShownConversation(client, each)),
  );

  const texts = [...articles(), ...naughty()];
  const amendments = new RandomAmendments(random, () => texts[random(texts.length)] ?? '');
  const amending: (Promise<void> | null)[] = [];
  expect(texts.length).toBeGreaterThan(10_000);
  const sent = new Map<string, { senderId: string; text: string }>();
  for (const [index, text] of texts.entries()) {
    const client = clients[random(peopleCount)] as ParleyClient;
    const conversations = client.conversations.list();
    const conversation = conversations[random(conversations.length)] as Conversation;
    const message = conversation.send(text);
    sent.set(message.clientMessageId, { senderId: client.account?.id ?? '', text });
    if (index % messagesPerAmendment === 0)
      amending.push(amendments.make(views[random(views.length)] as ShownConversation));
    // Now and then a member leaves or one who left joins again.
    if (index % 100 === 50) clients[random(peopleCount)]?.close();
    if (index % 100 === 99) for (const each of clients) each.connect();
    if (index % 200 === 199) await message.sent();
  }
  for (const client of clients) client.connect();
  await Promise.all(clients.map((client) => client.live()));
  await Promise.all(clients.flatMap((client) => client.conversations.list()).map(allSent));

  await Promise.all(amending);
  expect(amendments.count).toBeGreaterThan(1_000);
  expect(amendments.kinds).toEqual(['delete', 'edit', 'pin', 'react']);

  let count = 0;
  const checked = new Set<string>();
  for (const view of views) {
    const history = await view.agrees();
    if (checked.has(view.conversation.id)) continue;
    checked.add(view.conversation.id);
    amendments.expectIn(history);
    for (const entry of history) {
      if (entry.kind !== 'message' || entry.clientMessageId === 'hello') continue;
      count++;
      const { senderId, text } = sent.get(entry.clientMessageId) ?? {};
      expect(entry.senderId).toBe(senderId ?? '');
      if (!entry.deleted && entry.editedAtMs === undefined) expect(entry.text).toBe(text ?? '');
    }
  }
  expect(checked).toEqual(new Set(rooms));
  expect(count).toBe(texts.length);
  for (const client of clients) client.close();
}, 600_000);

async function makeConversations(people: Person[], random: (below: number) => number) {
  const rooms: string[] = [];
  for (const [index, owner] of people.entries()) {
    const next = people[(index + 1) % people.length] as Person;
    const { id } = await server.call(owner, 'openDirect', { userId: next.account.id });
    await server.call(owner, 'sendMessage', { conversationId: id, clientMessageId: 'hello', text: 'hello' });
    rooms.push(id);
  }
  for (let index = 0; index < 10; index++) {
    const owner = people[index] as Person;
    const userIds = Array.from({ length: 8 }, () => (people[random(people.length)] as Person).account.id);
    rooms.push((await server.call(owner, 'createGroup', { name: `group ${index}`, userIds })).id);
  }
  for (let index = 0; index < 3; index++) {
    const owner = people[index] as Person;
    const { id } = await server.call(owner, 'createChannel', { name: `channel ${index}` });
    for (const person of people.slice(0, 20)) await server.call(person, 'joinChannel', { conversationId: id });
    rooms.push(id);
  }
  return rooms;
}

async function connected(person: Person): Promise<ParleyClient> {
  const client = await server.client(person);
  client.on('error', (error) => {
    throw error;
  });
  client.connect();
  await client.live();
  return client;
}

async function allSent(conversation: Conversation): Promise<void> {
  await Promise.all(conversation.outbox.map((message) => message.sent()));
}
