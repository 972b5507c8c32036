import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Person, RunningServer } from '../support/running-server.ts';

let server: RunningServer;
let ana: Person;
let ben: Person;
let cleo: Person;
beforeAll(async () => {
  server = await RunningServer.start();
  [ana, ben, cleo] = (await server.people('person', 3)) as [Person, Person, Person];
});
afterAll(() => server.stop());

describe('read positions', () => {
  test('reach all devices of the user and the other members, only move forward, and count unread', async () => {
    const { id } = await server.call(ana, 'createGroup', { name: 'g', userIds: [ben.account.id] });
    for (let n = 0; n < 3; n++) {
      await server.call(ana, 'sendMessage', { conversationId: id, clientMessageId: `m${n}`, text: 'x' });
    }
    const [phone, laptop, other] = await Promise.all([server.wire(ben), server.wire(ben), server.wire(ana)]);
    const answer = await phone.request({ type: 'read', conversationId: id, seq: 3 });
    expect(answer).toMatchObject({ type: 'read', userId: ben.account.id, seq: 3, messageCount: 2 });
    for (const client of [laptop, other]) {
      expect(await client.next('read', (frame) => frame.seq === 3)).toMatchObject({ userId: ben.account.id });
    }
    expect(await phone.request({ type: 'read', conversationId: id, seq: 2 })).toMatchObject({
      seq: 3,
      messageCount: 2,
    });
    expect(await server.call(ben, 'getConversation', { conversationId: id })).toMatchObject({
      unreadCount: 1,
      membership: { readSeq: 3 },
    });
    const { members } = await server.call(ana, 'listMembers', { conversationId: id });
    expect(members.find(({ user }) => user.id === ben.account.id)?.readSeq).toBe(3);
    await Promise.all([phone.close(), laptop.close(), other.close()]);
  });

  test('are not sent to other members of a channel', async () => {
    const { id } = await server.call(ana, 'createChannel', { name: 'c' });
    await server.call(ben, 'joinChannel', { conversationId: id });
    const [reader, device, other] = await Promise.all([server.wire(ben), server.wire(ben), server.wire(ana)]);
    await reader.request({ type: 'read', conversationId: id, seq: 2 });
    await device.next('read');
    // The other members have answered a later request, so a frame for them would have come before.
    await other.request({ type: 'ping' });
    expect(other.of('read')).toEqual([]);
    const { members } = await server.call(ana, 'listMembers', { conversationId: id });
    expect(members.map(({ readSeq }) => readSeq)).toEqual([null, null]);
    await Promise.all([reader.close(), device.close(), other.close()]);
  });
});

test('typing is sent only to other members who have the conversation in view', async () => {
  const { id } = await server.call(ana, 'createGroup', { name: 'g', userIds: [ben.account.id] });
  const elsewhere = (await server.call(ana, 'createGroup', { name: 'h', userIds: [ben.account.id] })).id;
  const [typist, reader, phone, stranger] = await Promise.all([
    server.wire(ana),
    server.wire(ben),
    server.wire(ben),
    server.wire(cleo),
  ]);
  const all = [typist, reader, phone, stranger];
  for (const client of all) {
    const typingIn = [client === phone ? elsewhere : id];
    await client.request({ type: 'watch', userIds: [], typingIn });
  }
  typist.send({ type: 'typing', conversationId: id });
  expect(await reader.next('typing')).toMatchObject({ conversationId: id, userId: ana.account.id });
  stranger.send({ type: 'typing', conversationId: id });
  expect(await stranger.next('error')).toMatchObject({ code: 'not_found' });
  typist.send({ type: 'typing', conversationId: elsewhere });
  expect(await phone.next('typing')).toMatchObject({ conversationId: elsewhere });
  for (const client of [reader, phone]) await client.request({ type: 'ping' });
  expect(all.map((client) => client.of('typing').map(({ conversationId }) => conversationId))).toEqual([
    [],
    [id],
    [elsewhere],
    [],
  ]);
  // Typing is not sent to a conversation that is no longer in view.
  await reader.request({ type: 'watch', userIds: [], typingIn: [elsewhere] });
  typist.send({ type: 'typing', conversationId: id });
  typist.send({ type: 'typing', conversationId: elsewhere });
  expect(await reader.next('typing', (frame) => frame.conversationId === elsewhere)).toBeDefined();
  expect(reader.of('typing')).toHaveLength(2);
  await Promise.all(all.map((client) => client.close()));
});

test('a direct conversation becomes visible to the other user with its first message', async () => {
  const client = await server.wire(cleo);
  const { id } = await server.call(ana, 'openDirect', { userId: cleo.account.id });
  expect((await server.call(ana, 'getHomepage', {})).conversations.map((each) => each.id)).toContain(id);
  expect((await server.call(cleo, 'getHomepage', {})).conversations).toEqual([]);
  await server.call(ana, 'sendMessage', { conversationId: id, clientMessageId: 'm', text: 'hello' });
  expect(await client.next('conversation')).toMatchObject({ conversationId: id, conversation: { unreadCount: 1 } });
  expect(client.seqs(id)).toEqual([2]);
  // Both open it at the same time, which creates one conversation.
  const [one, other] = await Promise.all([
    server.call(ben, 'openDirect', { userId: cleo.account.id }),
    server.call(cleo, 'openDirect', { userId: ben.account.id }),
  ]);
  expect(one.id).toBe(other.id);
  await client.close();
});

test('the online count of a small group counts its members', async () => {
  const away = await server.person('away');
  const { id } = await server.call(ana, 'createGroup', { name: 'g', userIds: [ben.account.id, away.account.id] });
  const clients = await Promise.all([server.wire(ana), server.wire(ben)]);
  const snapshot = await clients[0]?.request({ type: 'watch', userIds: [], conversationIds: [id] });
  expect(snapshot).toMatchObject({ conversations: [{ conversationId: id, onlineCount: 2 }] });
  await Promise.all(clients.map((client) => client.close()));
});
