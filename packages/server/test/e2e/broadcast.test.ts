import { afterAll, beforeAll, expect, test } from 'bun:test';
import { limits } from '@parley/protocol';
import { type Person, RunningServer } from '../support/running-server.ts';
import type { WireClient } from '../support/wire-client.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

test('a channel that grows past the limit reaches all connected members, and sends nothing twice', async () => {
  const people = await server.people('grower', limits.directFanOutMembers * 2 + 40);
  const [owner, ...joiners] = people as [Person, ...Person[]];
  const { id } = await server.call(owner, 'createChannel', { name: 'growing' });
  const sender = await server.wire(owner);
  const early = await Promise.all(joiners.slice(0, 5).map((person) => server.wire(person)));
  const joinedAt = new Map<WireClient, number>();
  for (const [index, person] of joiners.entries()) {
    const { membership } = await server.call(person, 'joinChannel', { conversationId: id });
    const client = early[index];
    if (client && membership) joinedAt.set(client, membership.joinedSeq);
    if (index % 20 === 0) await say(sender, id, `m${index}`);
  }
  // Once members on every server have this entry, none of the former ones is under way to a later connection.
  const { seq: before } = await say(sender, id, 'before-the-late');
  for (const client of early) await client.next('entry', ({ entry }) => entry.seq === before);
  // Members who connect when the channel is already large receive its entries too.
  const late = await Promise.all(joiners.slice(-5).map((person) => server.wire(person)));
  const { seq: head } = await say(sender, id, 'the-last');
  for (const client of [...early, ...late]) await client.next('entry', ({ entry }) => entry.seq === head);
  for (const client of early) {
    const from = joinedAt.get(client) ?? 0;
    expect(client.seqs(id)).toEqual(Array.from({ length: head - from + 1 }, (_, n) => from + n));
  }
  for (const client of late) expect(client.seqs(id)).toEqual([head]);
  await Promise.all([sender, ...early, ...late].map((client) => client.close()));
});

test('contract 8: a user who leaves or is removed from a large channel receives that entry as the last', async () => {
  const people = await server.people('member', limits.directFanOutMembers + 20);
  const [owner, leaver, removed, stays] = people as [Person, Person, Person, Person];
  const { id } = await server.call(owner, 'createChannel', { name: 'large' });
  for (const person of people.slice(1)) await server.call(person, 'joinChannel', { conversationId: id });
  const clients = await Promise.all([owner, leaver, removed, stays].map((person) => server.wire(person)));
  const [sender, leaving, removing, staying] = clients as [WireClient, WireClient, WireClient, WireClient];
  const sends = Array.from({ length: 30 }, (_, n) => say(sender, id, `before${n}`));
  const ends = [
    server.call(leaver, 'leaveConversation', { conversationId: id }),
    server.call(owner, 'removeMember', { conversationId: id, userId: removed.account.id }),
  ];
  await Promise.all([...sends, ...ends, ...Array.from({ length: 30 }, (_, n) => say(sender, id, `after${n}`))]);
  const { seq: head } = await say(sender, id, 'last');
  await staying.next('entry', ({ entry }) => entry.seq === head);
  const leftSeq = (await leaving.next('entry', ({ entry }) => entry.kind === 'left')).entry.seq;
  const removedSeq = (await removing.next('entry', ({ entry }) => entry.kind === 'removed')).entry.seq;
  expect(leaving.seqs(id).at(-1)).toBe(leftSeq);
  expect(removing.seqs(id).at(-1)).toBe(removedSeq);
  const first = staying.seqs(id)[0] ?? 0;
  expect(staying.seqs(id)).toEqual(Array.from({ length: head - first + 1 }, (_, n) => first + n));
  await Promise.all(clients.map((client) => client.close()));
});

test('a large channel shows how many of its members are online to those who watch it', async () => {
  const people = await server.people('online', limits.directFanOutMembers + 10);
  const [owner, ...others] = people as [Person, ...Person[]];
  const { id } = await server.call(owner, 'createChannel', { name: 'counted' });
  for (const person of others) await server.call(person, 'joinChannel', { conversationId: id });
  const clients = await Promise.all(people.slice(0, 7).map((person) => server.wire(person)));
  const [watcher] = clients as [WireClient];
  await watcher.request({ type: 'watch', userIds: [], conversationIds: [id] });
  const count = (frame: { conversations: { onlineCount: number }[] }) => frame.conversations[0]?.onlineCount;
  await watcher.next('presence', (frame) => count(frame) === 7);
  await clients.pop()?.close();
  await watcher.next('presence', (frame) => count(frame) === 6);
  await Promise.all(clients.map((client) => client.close()));
});

async function say(client: WireClient, conversationId: string, clientMessageId: string): Promise<{ seq: number }> {
  const answer = await client.request({ type: 'send', conversationId, clientMessageId, text: clientMessageId });
  if (answer.type !== 'ack') throw new Error(JSON.stringify(answer));
  return answer;
}
