import { afterAll, beforeAll, expect, test } from 'bun:test';
import { limits } from '@parley/protocol';
import { amendingDevice } from '../support/amending-device.ts';
import { retriedWhileOverloaded } from '../support/retried.ts';
import { type Person, RunningServer } from '../support/running-server.ts';
import { until } from '../support/until.ts';
import type { WireClient } from '../support/wire-client.ts';

const reactingAtOnce = 64;

let server: RunningServer;
let people: Person[];
beforeAll(async () => {
  server = await RunningServer.start();
  people = await server.people('member', limits.directFanOutMembers);
});
afterAll(() => server.stop());

const device = (person: Person) => amendingDevice(server, person);

/** A group with as many members as a conversation can have before it is broadcast. The first one owns it. */
async function fullGroup(history: 'all' | 'since_joining'): Promise<string> {
  const [owner, ...others] = people as [Person, ...Person[]];
  const { id } = await server.call(owner, 'createGroup', { name: 'large', history });
  for (let from = 0; from < others.length; from += limits.membersPerRequest) {
    const userIds = others.slice(from, from + limits.membersPerRequest).map(({ account }) => account.id);
    await server.call(owner, 'addMembers', { conversationId: id, userIds });
  }
  return id;
}

async function say(client: WireClient, conversationId: string, text: string): Promise<number> {
  const answer = await client.request({ type: 'send', conversationId, clientMessageId: 'm', text });
  if (answer.type !== 'ack') throw new Error(`a message was answered by ${JSON.stringify(answer)}`);
  return answer.seq;
}

for (const history of ['all', 'since_joining'] as const) {
  test(`a conversation with history ${history} becomes broadcast between a message and its edit`, async () => {
    const id = await fullGroup(history);
    const [owner, member, removed] = people as [Person, Person, Person];
    const newcomer = await server.person(`newcomer-${history}`);
    const [here, there, gone, later] = [
      await device(owner),
      await device(member),
      await device(removed),
      await device(newcomer),
    ];
    const older = await server.wire(member);
    const seq = await say(here, id, 'text');
    await server.call(owner, 'addMembers', { conversationId: id, userIds: [newcomer.account.id] });
    await server.call(owner, 'removeMember', { conversationId: id, userId: removed.account.id });
    await later.next('conversation', (frame) => frame.conversationId === id);
    const change = { kind: 'edit', text: 'edited' } as const;
    await here.request({ type: 'amend', conversationId: id, seq, amendmentId: 'edit', change });
    for (const client of [here, there]) {
      const frame = await client.next('amended', ({ conversationId }) => conversationId === id);
      expect(frame).toMatchObject({ after: 0, revision: 1, entries: [{ seq, text: 'edited' }] });
    }
    const frame = await later.next('amended', ({ conversationId }) => conversationId === id);
    expect(frame.entries.map(({ text }) => text)).toEqual(history === 'all' ? ['edited'] : []);
    for (const client of [older, gone]) await client.request({ type: 'ping' });
    expect(older.of('amended')).toEqual([]);
    expect(gone.of('amended').filter(({ conversationId }) => conversationId === id)).toEqual([]);
    for (const client of [here, there, gone, later, older]) await client.close();
  });
}

test('many reactions to one message are few frames, and the last count is right everywhere', async () => {
  const id = await fullGroup('all');
  const [owner, member] = people as [Person, Person];
  const extra = await server.person('extra');
  const [here, there] = [await device(owner), await device(member)];
  await server.call(owner, 'addMembers', { conversationId: id, userIds: [extra.account.id] });
  const seq = await say(here, id, 'like this');
  const change = { kind: 'react', emoji: '👍', set: true } as const;
  const input = { conversationId: id, seq, amendmentId: 'like', change };
  const react = (person: Person) => retriedWhileOverloaded(() => server.call(person, 'amendMessage', input));
  // A busy machine may not carry out all of them in the time that a store has.
  for (let from = 0; from < people.length; from += reactingAtOnce) {
    await Promise.all(people.slice(from, from + reactingAtOnce).map(react));
  }
  for (const client of [here, there]) {
    const last = await client.next('amended', ({ revision }) => revision === people.length);
    expect(last.entries).toMatchObject([{ seq, reactions: [{ emoji: '👍', count: people.length }] }]);
    const frames = () => client.of('amended').filter(({ conversationId }) => conversationId === id);
    const own = () => frames().flatMap(({ ownReactions }) => ownReactions ?? []);
    // It may have a frame of its own, which follows that of the group.
    await until('the own reaction', () => own().length > 0);
    expect(own()).toEqual([{ seq, emoji: '👍', set: true }]);
    expect(frames().length).toBeLessThan(people.length / 2);
  }
  const { entries } = await server.call(extra, 'getHistory', { conversationId: id, after: seq - 1 });
  expect(entries).toMatchObject([{ reactions: [{ emoji: '👍', count: people.length }] }]);
  for (const client of [here, there]) await client.close();
});
