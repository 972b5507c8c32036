import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Entry } from '@parley/protocol';
import type { Conversation, ParleyClient } from '@parley/sdk';
import fc from 'fast-check';
import { articles, naughty } from '../support/real-text.ts';
import { type Person, RunningServer } from '../support/running-server.ts';
import { until } from '../support/until.ts';

const peopleCount = 50;
const seed = 20_260_501;

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

/** One member's view of one conversation: the entries of `live()`, from the first one visible to them. */
interface View {
  conversationId: string;
  seen: Entry[];
}

test('with 50 people and hostile text in all languages, every view equals the history and the sent messages', async () => {
  const [draw] = fc.sample(fc.infiniteStream(fc.nat(1_000_000)), { numRuns: 1, seed });
  const random = (below: number) => (draw?.next().value ?? 0) % below;
  const people = await server.people('reader', peopleCount);
  const rooms = await makeConversations(people, random);
  const clients = await Promise.all(people.map((person) => connected(person)));
  const views = clients.flatMap((client) => client.conversations.list().map((conversation) => follow(conversation)));

  const texts = [...articles(), ...naughty()];
  expect(texts.length).toBeGreaterThan(10_000);
  const sent = new Map<string, { senderId: string; text: string }>();
  for (const [index, text] of texts.entries()) {
    const client = clients[random(peopleCount)] as ParleyClient;
    const conversations = client.conversations.list();
    const conversation = conversations[random(conversations.length)] as Conversation;
    const message = conversation.send(text);
    sent.set(message.clientMessageId, { senderId: client.account?.id ?? '', text });
    // Now and then a member leaves or one who left joins again.
    if (index % 100 === 50) clients[random(peopleCount)]?.close();
    if (index % 100 === 99) for (const each of clients) each.connect();
    if (index % 200 === 199) await message.sent();
  }
  for (const client of clients) client.connect();
  await Promise.all(clients.map((client) => client.live()));
  await Promise.all(clients.flatMap((client) => client.conversations.list()).map(allSent));

  const histories = new Map(await Promise.all(rooms.map(async (room) => [room.id, await historyOf(room)] as const)));
  const messages = [...histories.values()].flat().filter((entry) => entry.kind === 'message');
  const hellos = messages.filter((entry) => entry.clientMessageId === 'hello');
  expect(messages.length - hellos.length).toBe(texts.length);
  for (const entry of messages.filter((each) => each.clientMessageId !== 'hello')) {
    expect(sent.get(entry.clientMessageId)).toEqual({ senderId: entry.senderId, text: entry.text });
  }
  for (const { conversationId, seen } of views) {
    const history = histories.get(conversationId) ?? [];
    await until('all entries are seen', () => seen.length === history.length);
    expect(seen).toEqual(history);
  }
  for (const client of clients) client.close();
}, 600_000);

async function makeConversations(people: Person[], random: (below: number) => number) {
  const rooms: { id: string; owner: Person }[] = [];
  for (const [index, owner] of people.entries()) {
    const next = people[(index + 1) % people.length] as Person;
    const { id } = await server.call(owner, 'openDirect', { userId: next.account.id });
    await server.call(owner, 'sendMessage', { conversationId: id, clientMessageId: 'hello', text: 'hello' });
    rooms.push({ id, owner });
  }
  for (let index = 0; index < 10; index++) {
    const owner = people[index] as Person;
    const userIds = Array.from({ length: 8 }, () => (people[random(people.length)] as Person).account.id);
    rooms.push({ id: (await server.call(owner, 'createGroup', { name: `group ${index}`, userIds })).id, owner });
  }
  for (let index = 0; index < 3; index++) {
    const owner = people[index] as Person;
    const { id } = await server.call(owner, 'createChannel', { name: `channel ${index}` });
    for (const person of people.slice(0, 20)) await server.call(person, 'joinChannel', { conversationId: id });
    rooms.push({ id, owner });
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

function follow(conversation: Conversation): View {
  const view: View = { conversationId: conversation.id, seen: [] };
  const run = async () => {
    for await (const entry of conversation.live({ after: 0 })) view.seen.push(entry);
  };
  void run();
  return view;
}

async function allSent(conversation: Conversation): Promise<void> {
  await Promise.all(conversation.outbox.map((message) => message.sent()));
}

async function historyOf({ id, owner }: { id: string; owner: Person }): Promise<Entry[]> {
  const entries: Entry[] = [];
  while (true) {
    const after = entries.at(-1)?.seq ?? 0;
    const page = await server.call(owner, 'getHistory', { conversationId: id, after, limit: 200 });
    if (page.entries.length === 0) return entries;
    entries.push(...page.entries);
  }
}
