import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { MessageChange, ServerFrame } from '@parley/protocol';
import { deletedText } from '@parley/protocol';
import { amendingDevice } from '../support/amending-device.ts';
import { type Person, RunningServer } from '../support/running-server.ts';
import type { WireClient } from '../support/wire-client.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

let rooms = 0;

/** People in a group of their own, each with a connection that supports amendments. */
async function group(options: { history?: 'all' | 'since_joining'; others?: number } = {}) {
  const { history = 'all', others = 1 } = options;
  const people = await server.people(`room${++rooms}-`, others + 1);
  const [ana, ...members] = people as [Person, ...Person[]];
  const userIds = members.map(({ account }) => account.id);
  const { id } = await server.call(ana, 'createGroup', { name: 'room', history, userIds });
  const devices = await Promise.all(people.map(device));
  return { id, people, devices };
}

const device = (person: Person) => amendingDevice(server, person);

let ids = 0;

async function say(client: WireClient, conversationId: string, text: string): Promise<number> {
  const answer = await client.request({ type: 'send', conversationId, clientMessageId: `m${++ids}`, text });
  if (answer.type !== 'ack') throw new Error(`a message was answered by ${JSON.stringify(answer)}`);
  return answer.seq;
}

function amend(client: WireClient, conversationId: string, seq: number, change: MessageChange): Promise<ServerFrame> {
  return client.request({ type: 'amend', conversationId, seq, amendmentId: `a${++ids}`, change });
}

/** The texts of the page, as this person reads it. */
async function page(person: Person, conversationId: string) {
  const { entries, ...rest } = await server.call(person, 'getHistory', { conversationId });
  return { ...rest, messages: entries.flatMap((entry) => (entry.kind === 'message' ? [entry] : [])) };
}

const revisionIs = (revision: number) => (frame: { revision: number }) => frame.revision === revision;

describe('edit', () => {
  test('reaches every device, pages, the list and changes; a retry of the message gets the first number', async () => {
    const { id, people, devices } = await group();
    const [ana, ben] = devices as [WireClient, WireClient];
    const [, benPerson] = people as [Person, Person];
    const sent = { type: 'send', conversationId: id, clientMessageId: `edited-${id}`, text: 'frist' } as const;
    const ack = await ana.request(sent);
    if (ack.type !== 'ack') throw new Error('the message was refused');
    const answer = await amend(ana, id, ack.seq, { kind: 'edit', text: 'first' });
    expect(answer).toMatchObject({ type: 'amend_ack', conversationId: id, seq: ack.seq, revision: 1 });
    for (const each of [ana, ben]) {
      const frame = await each.next('amended');
      expect(frame).toMatchObject({
        conversationId: id,
        after: 0,
        revision: 1,
        entries: [{ seq: ack.seq, text: 'first' }],
      });
      expect(frame.entries[0]?.editedAtMs).toBeGreaterThan(0);
    }
    const read = await page(benPerson, id);
    expect(read).toMatchObject({ revision: 1, messages: [{ text: 'first', revision: 1 }] });
    const seen = await server.call(benPerson, 'getConversation', { conversationId: id });
    expect(seen).toMatchObject({ revision: 1, lastMessage: { text: 'first' }, headSeq: ack.seq });
    const changes = await ben.request({ type: 'changes', conversationId: id, after: 0 });
    expect(changes).toMatchObject({ type: 'changes', revision: 1, complete: true, entries: [{ text: 'first' }] });
    const again = await ana.request(sent);
    expect(again).toMatchObject({ type: 'ack', seq: ack.seq, atMs: ack.atMs });
    expect((await ana.request({ ...sent, text: 'first' })).type).toBe('error');
  });

  test('of two devices at once has one order, on which all devices agree', async () => {
    const { id, people, devices } = await group();
    const [ana, ben] = devices as [WireClient, WireClient];
    const [anaPerson] = people as [Person];
    const phone = await device(anaPerson);
    const seq = await say(ana, id, 'text');
    const edits = Array.from({ length: 20 }, (_, index) =>
      amend(index % 2 ? ana : phone, id, seq, { kind: 'edit', text: `edit ${index}` }),
    );
    await Promise.all(edits);
    for (const each of [ana, phone, ben]) await each.next('amended', revisionIs(20));
    const last = [ana, phone, ben].map((each) => each.of('amended').at(-1)?.entries[0]?.text);
    const [text] = (await page(anaPerson, id)).messages.map((message) => message.text);
    expect(last).toEqual([text, text, text]);
    for (const each of [ana, phone, ben]) {
      expect(each.of('amended').map(({ after, revision }) => [after, revision])).toEqual(
        Array.from({ length: 20 }, (_, index) => [index, index + 1]),
      );
    }
  });

  test('the same amendment again, over HTTP, has the first revision and is one change', async () => {
    const { id, people, devices } = await group();
    const [ana] = devices as [WireClient];
    const [anaPerson] = people as [Person];
    const seq = await say(ana, id, 'text');
    const input = { conversationId: id, seq, amendmentId: 'same', change: { kind: 'edit', text: 'new' } } as const;
    const first = await server.call(anaPerson, 'amendMessage', input);
    expect(await server.call(anaPerson, 'amendMessage', input)).toEqual(first);
    expect(first).toEqual({ conversationId: id, seq, revision: 1 });
    expect((await page(anaPerson, id)).revision).toBe(1);
  });
});

test('an amendment that is made between welcome and the features of the client reaches it', async () => {
  const { id, people, devices } = await group();
  const [ana, ben] = devices as [WireClient, WireClient];
  const seq = await say(ana, id, 'text');
  const [, benPerson] = people as [Person, Person];
  const undeclared = await server.wire(benPerson);
  await amend(ana, id, seq, { kind: 'edit', text: 'edited meanwhile' });
  await ben.next('amended');
  undeclared.send({ type: 'features', features: ['amendments'] });
  expect(await undeclared.next('amended')).toMatchObject({
    after: 0,
    revision: 1,
    entries: [{ text: 'edited meanwhile' }],
  });
});

test('a deleted message has no text anywhere, and clients of the previous version show a placeholder', async () => {
  const { id, people, devices } = await group();
  const [ana, ben] = devices as [WireClient, WireClient];
  const [, benPerson] = people as [Person, Person];
  const older = await server.wire(benPerson);
  const seq = await say(ana, id, 'a secret');
  await older.next('entry', ({ entry }) => entry.seq === seq);
  await say(ben, id, 'after it');
  await amend(ana, id, seq, { kind: 'delete' });
  const { entries } = await ben.next('amended');
  expect(entries).toMatchObject([{ seq, text: deletedText, deleted: { byId: people[0]?.account.id } }]);
  expect(JSON.stringify(await page(benPerson, id))).not.toContain('a secret');
  const answer = await older.request({ type: 'history', conversationId: id, after: seq - 1 });
  expect(answer).toMatchObject({ entries: [{ text: deletedText }, { text: 'after it' }] });
  expect(older.of('amended')).toEqual([]);
});

test('a reaction is a count for all, and marked for the user on pages, in changes and on other devices', async () => {
  const { id, people, devices } = await group();
  const [ana, ben] = devices as [WireClient, WireClient];
  const [anaPerson, benPerson] = people as [Person, Person];
  const phone = await device(benPerson);
  const seq = await say(ana, id, 'text');
  await amend(ana, id, seq, { kind: 'react', emoji: '👍', set: true });
  await amend(ben, id, seq, { kind: 'react', emoji: '👍', set: true });
  const own = [{ seq, emoji: '👍', set: true }];
  expect(await phone.next('amended', revisionIs(2))).toMatchObject({
    entries: [{ reactions: [{ emoji: '👍', count: 2 }] }],
    ownReactions: own,
  });
  expect((await ana.next('amended', revisionIs(2))).ownReactions).toBeUndefined();
  expect((await ben.next('amended', revisionIs(2))).ownReactions).toBeUndefined();
  await amend(ana, id, seq, { kind: 'react', emoji: '👍', set: false });
  const mine = { messages: [{ reactions: [{ emoji: '👍', count: 1, mine: true }] }] };
  expect(await page(benPerson, id)).toMatchObject(mine);
  expect((await page(anaPerson, id)).messages[0]?.reactions).toEqual([{ emoji: '👍', count: 1 }]);
  const changes = await ben.request({ type: 'changes', conversationId: id, after: 0 });
  expect(changes).toMatchObject({ entries: mine.messages });
  const reacted = await server.call(anaPerson, 'listReactions', { conversationId: id, seq, emoji: '👍' });
  expect(reacted).toMatchObject({ users: [{ id: benPerson.account.id }], nextCursor: null });
});

test('a pinned message is in the list of pins until it is unpinned or deleted', async () => {
  const { id, people, devices } = await group();
  const [ana, ben] = devices as [WireClient, WireClient];
  const [anaPerson] = people as [Person];
  const seqs = [await say(ana, id, 'one'), await say(ana, id, 'two'), await say(ana, id, 'three')];
  expect(await amend(ben, id, seqs[0] ?? 0, { kind: 'pin', set: true })).toMatchObject({ code: 'forbidden' });
  for (const seq of seqs) await amend(ana, id, seq, { kind: 'pin', set: true });
  await amend(ana, id, seqs[0] ?? 0, { kind: 'pin', set: false });
  await amend(ana, id, seqs[1] ?? 0, { kind: 'delete' });
  const { entries } = await server.call(anaPerson, 'listPins', { conversationId: id });
  expect(entries.map(({ seq, text }) => [seq, text])).toEqual([[seqs[2] ?? 0, 'three']]);
});

test('a page has the messages that its entries reply to, in their present state', async () => {
  const { id, people, devices } = await group();
  const [ana, ben] = devices as [WireClient, WireClient];
  const [, benPerson] = people as [Person, Person];
  const asked = await say(ana, id, 'when?');
  const reply = { type: 'send', conversationId: id, clientMessageId: 'reply', text: 'at six', replyTo: asked } as const;
  const answer = await ben.request(reply);
  if (answer.type !== 'ack') throw new Error(`the reply was answered by ${JSON.stringify(answer)}`);
  const readAfter = () => server.call(benPerson, 'getHistory', { conversationId: id, after: asked });
  const pageWith = (text: string) => ({ entries: [{ replyTo: asked }], quoted: [{ seq: asked, text }] });
  expect(await readAfter()).toMatchObject(pageWith('when?'));
  await amend(ana, id, asked, { kind: 'edit', text: 'when exactly?' });
  expect(await readAfter()).toMatchObject(pageWith('when exactly?'));
  await amend(ana, id, asked, { kind: 'delete' });
  expect(await readAfter()).toMatchObject(pageWith(deletedText));
  expect((await page(benPerson, id)).quoted).toBeUndefined();
});

describe('membership (contract 8)', () => {
  test('who joined later learns only that the revision moved, live and in changes', async () => {
    const { id, people, devices } = await group({ history: 'since_joining' });
    const [ana, ben] = devices as [WireClient, WireClient];
    const [anaPerson] = people as [Person];
    const seq = await say(ana, id, 'before cy');
    const cyPerson = await server.person(`cy${++rooms}`);
    await server.call(anaPerson, 'addMembers', { conversationId: id, userIds: [cyPerson.account.id] });
    const cy = await device(cyPerson);
    await amend(ana, id, seq, { kind: 'edit', text: 'still before cy' });
    await ben.next('amended');
    expect(await cy.next('amended')).toEqual({
      type: 'amended',
      conversationId: id,
      after: 0,
      revision: 1,
      entries: [],
    });
    const changes = await cy.request({ type: 'changes', conversationId: id, after: 0 });
    expect(changes).toMatchObject({ revision: 1, entries: [], complete: true });
    expect(await amend(cy, id, seq, { kind: 'react', emoji: '👍', set: true })).toMatchObject({
      code: 'message_not_found',
    });
    const later = await say(ana, id, 'for cy, too');
    await amend(ana, id, later, { kind: 'edit', text: 'for cy' });
    expect(await cy.next('amended', revisionIs(2))).toMatchObject({ entries: [{ text: 'for cy' }] });
  });

  test('a reader who joined later gets no message from before, although an entry on the page replies to it', async () => {
    const { id, people, devices } = await group({ history: 'since_joining' });
    const [ana] = devices as [WireClient];
    const [anaPerson] = people as [Person];
    const before = await say(ana, id, 'before cy');
    const cyPerson = await server.person(`cy${++rooms}`);
    await server.call(anaPerson, 'addMembers', { conversationId: id, userIds: [cyPerson.account.id] });
    const reply = { conversationId: id, clientMessageId: 'reply', text: 'for cy', replyTo: before };
    const { seq } = await server.call(anaPerson, 'sendMessage', reply);
    expect((await server.call(anaPerson, 'getHistory', { conversationId: id, after: before })).quoted).toMatchObject([
      { seq: before },
    ]);
    const read = await server.call(cyPerson, 'getHistory', { conversationId: id });
    expect(read.entries.at(-1)).toMatchObject({ seq, replyTo: before });
    expect(read.quoted).toBeUndefined();
    expect(JSON.stringify(read)).not.toContain('before cy');
  });

  test('who was removed learns nothing', async () => {
    const { id, people, devices } = await group({ others: 2 });
    const [ana, ben, cy] = devices as [WireClient, WireClient, WireClient];
    const [anaPerson, , cyPerson] = people as [Person, Person, Person];
    const seq = await say(ana, id, 'text');
    await server.call(anaPerson, 'removeMember', { conversationId: id, userId: cyPerson.account.id });
    await amend(ana, id, seq, { kind: 'edit', text: 'after cy' });
    await ben.next('amended');
    await cy.request({ type: 'ping' });
    expect(cy.of('amended')).toEqual([]);
    expect(await cy.request({ type: 'changes', conversationId: id, after: 0 })).toMatchObject({ code: 'not_found' });
  });
});
