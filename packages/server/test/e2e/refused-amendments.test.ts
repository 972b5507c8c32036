import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { deletedText, limits, type MessageChange, type MessageEntry, type ServerFrame } from '@parley/protocol';
import { ParleyError } from '@parley/sdk';
import { amendingDevice } from '../support/amending-device.ts';
import { retriedWhileOverloaded } from '../support/retried.ts';
import { type Person, RunningServer } from '../support/running-server.ts';
import type { WireClient } from '../support/wire-client.ts';

const edit = (text = 'another text'): MessageChange => ({ kind: 'edit', text });
const react = (emoji = '👍'): MessageChange => ({ kind: 'react', emoji, set: true });
const pin: MessageChange = { kind: 'pin', set: true };
const remove: MessageChange = { kind: 'delete' };

let server: RunningServer;
/** Ana owns all rooms, Ben is a member, Cleo joined after the first messages, and Dan left. */
const names = ['ana', 'ben', 'cleo', 'dan', 'stranger'] as const;
type Name = (typeof names)[number];
const people = {} as Record<Name, Person>;
type Target = 'ana' | 'ben' | 'dan' | 'notice' | 'deleted' | 'future' | 'full' | 'announced';
/** The conversation and number of each message that the cases name. */
const targets = {} as Record<Target, { conversationId: string; seq: number }>;

beforeAll(async () => {
  server = await RunningServer.start();
  for (const name of names) people[name] = await server.person(name);
  const userIds = [people.ben, people.dan].map(({ account }) => account.id);
  const { id } = await server.call(people.ana, 'createGroup', { name: 'room', history: 'since_joining', userIds });
  for (const name of ['ana', 'ben', 'dan'] as const) targets[name] = await say(name, id);
  targets.deleted = await say('ana', id);
  await amend('ana', 'deleted', remove);
  targets.full = await say('ana', id);
  for (let index = 0; index < limits.reactionsPerMessage; index++) {
    await amend('ana', 'full', react(String.fromCodePoint(0x1f600 + index)));
  }
  targets.notice = { conversationId: id, seq: 1 };
  targets.future = { conversationId: id, seq: 1_000 };
  await server.call(people.ana, 'addMembers', { conversationId: id, userIds: [people.cleo.account.id] });
  await server.call(people.dan, 'leaveConversation', { conversationId: id });
  const announcing = await server.call(people.ana, 'createGroup', { name: 'news', userIds });
  targets.announced = await say('ben', announcing.id);
  await server.call(people.ana, 'updateConversation', { conversationId: announcing.id, announceOnly: true });
});
afterAll(() => server.stop());

const device = (person: Person) => amendingDevice(server, person);

let ids = 0;

async function say(name: Name, conversationId: string) {
  const message = { conversationId, clientMessageId: `m${++ids}`, text: 'text' };
  return { conversationId, seq: (await server.call(people[name], 'sendMessage', message)).seq };
}

function amend(name: Name, target: Target, change: MessageChange) {
  return server.call(people[name], 'amendMessage', { ...targets[target], amendmentId: `a${++ids}`, change });
}

type Asked = Parameters<WireClient['request']>[0];

/** Sends a request over the socket, again while the server is overloaded. Rejects if the answer is an error. */
function ask(client: WireClient, frame: Asked): Promise<ServerFrame> {
  return retriedWhileOverloaded(async () => {
    const answer = await client.request(frame);
    if (answer.type !== 'error') return answer;
    throw new ParleyError(answer.code, answer.message, 0, [], answer.retryAfterMs ?? null);
  });
}

/** "success", or the code of the error. */
async function outcome(asked: Promise<unknown>): Promise<string> {
  try {
    await asked;
    return 'success';
  } catch (error) {
    if (error instanceof ParleyError) return error.code;
    throw error;
  }
}

const page = async (conversationId: string) =>
  (await server.call(people.ana, 'getHistory', { conversationId, limit: limits.historyPageMax })).entries;

describe('an amendment is refused over HTTP and over the socket, nothing changes, and nobody learns of it', () => {
  test.each<[string, Name, Target, MessageChange, string]>([
    ['an edit of the message of another user', 'ben', 'ana', edit(), 'forbidden'],
    ['an edit by an owner', 'ana', 'ben', edit(), 'forbidden'],
    ['a deletion of the message of another user', 'ben', 'ana', remove, 'forbidden'],
    ['a pin by a member', 'ben', 'ana', pin, 'forbidden'],
    ['a reaction to a message before joining', 'cleo', 'ana', react(), 'message_not_found'],
    ['an edit by a stranger', 'stranger', 'ana', edit(), 'not_found'],
    ['an edit of a notice', 'ana', 'notice', edit(), 'not_a_message'],
    ['a reaction to a notice', 'ben', 'notice', react(), 'not_a_message'],
    ['a deletion of what does not exist yet', 'ana', 'future', remove, 'message_not_found'],
    ['an edit of a deleted message', 'ana', 'deleted', edit(), 'message_deleted'],
    ['a reaction to a deleted message', 'ben', 'deleted', react(), 'message_deleted'],
    ['a pin of a deleted message', 'ana', 'deleted', pin, 'message_deleted'],
    ['an edit of the own message after leaving', 'dan', 'dan', edit(), 'not_found'],
    ['a deletion of the own message after leaving', 'dan', 'dan', remove, 'not_found'],
    ['a reaction after leaving', 'dan', 'ana', react(), 'not_found'],
    ['an edit where only admins write', 'ben', 'announced', edit(), 'announce_only'],
    ['reaction 51', 'ben', 'full', react('🎉'), 'too_many_reactions'],
    ['two emoji', 'ben', 'ana', react('👍👍'), 'invalid_request'],
    ['a letter as an emoji', 'ben', 'ana', react('a'), 'invalid_request'],
    ['no emoji', 'ben', 'ana', react(''), 'invalid_request'],
    ['an unassigned code point', 'ben', 'ana', react('\u{378}'), 'invalid_request'],
    ['an unassigned code point of a block of emoji', 'ben', 'ana', react('\u{1fc00}'), 'invalid_request'],
    ['an edit to 10,001 code points', 'ana', 'ana', edit('x'.repeat(10_001)), 'invalid_request'],
    ['an edit to no text', 'ana', 'ana', edit(''), 'invalid_request'],
  ])('%s', async (_, name, target, change, code) => {
    const { conversationId, seq } = targets[target];
    const before = await page(conversationId);
    const devices = await Promise.all(names.map((each) => device(people[each])));
    const given = { conversationId, seq, amendmentId: `a${++ids}`, change };
    const overHttp = retriedWhileOverloaded(() => server.call(people[name], 'amendMessage', given));
    const overSocket = ask(devices[names.indexOf(name)] as WireClient, { type: 'amend', ...given });
    expect(await Promise.all([outcome(overHttp), outcome(overSocket)])).toEqual([code, code]);
    expect(await page(conversationId)).toEqual(before);
    // What was sent before the response to a ping has arrived.
    for (const each of devices) await each.request({ type: 'ping' });
    expect(devices.flatMap((each) => each.of('amended'))).toEqual([]);
    for (const each of devices) await each.close();
  });
});

describe('a reply', () => {
  test.each<[string, Name, Target, string]>([
    ['to what does not exist yet', 'ben', 'future', 'message_not_found'],
    ['to a message before joining', 'cleo', 'ana', 'message_not_found'],
    ['to a notice', 'ben', 'notice', 'not_a_message'],
    ['to a deleted message', 'ben', 'deleted', 'success'],
  ])('%s has the defined answer', async (_, name, target, answer) => {
    const { conversationId, seq } = targets[target];
    const message = { conversationId, text: 'a reply', replyTo: seq };
    const input = { ...message, clientMessageId: `m${++ids}` };
    const client = await device(people[name]);
    const overHttp = retriedWhileOverloaded(() => server.call(people[name], 'sendMessage', input));
    const overSocket = ask(client, { type: 'send', ...message, clientMessageId: `m${++ids}` });
    expect(await Promise.all([outcome(overHttp), outcome(overSocket)])).toEqual([answer, answer]);
    await client.close();
  });
});

test('edits and deletions of the same messages from two devices at once have one order, on which all devices agree', async () => {
  const { id: conversationId } = await server.call(people.ana, 'createGroup', {
    ...{ name: 'pair', userIds: [people.ben.account.id] },
  });
  const messages = 20;
  for (let count = 0; count < messages; count++) await say('ana', conversationId);
  const before = (await page(conversationId)).filter(({ kind }) => kind === 'message');
  const [laptop, phone, other] = [await device(people.ana), await device(people.ana), await device(people.ben)];
  const request = (client: WireClient, seq: number, change: MessageChange) =>
    outcome(ask(client, { type: 'amend', conversationId, seq, amendmentId: `a${++ids}`, change }));
  const answered = await Promise.all(
    before.map(({ seq }, index) => {
      // Each of them is first in turn, because frames that are sent at once tend to arrive in their order.
      const first = index % 2 ? request(phone, seq, remove) : null;
      const edited = request(laptop, seq, edit(`edit ${seq}`));
      return Promise.all([edited, first ?? request(phone, seq, remove)]);
    }),
  );
  for (const [edited, removed] of answered) {
    expect(removed).toBe('success');
    expect(['success', 'message_deleted']).toContain(edited);
  }
  const { revision } = await server.call(people.ana, 'getConversation', { conversationId });
  const edits = answered.filter(([edited]) => edited === 'success').length;
  expect(revision).toBe(messages + edits);
  const states = (await page(conversationId)).filter((entry) => entry.kind === 'message');
  expect(states.map(({ text }) => text)).toEqual(Array(messages).fill(deletedText));
  for (const client of [laptop, phone, other]) {
    const own = (frame: { conversationId: string }) => frame.conversationId === conversationId;
    await client.next('amended', (frame) => own(frame) && frame.revision >= (revision ?? 0));
    const shown = new Map<number, MessageEntry>();
    for (const frame of client.of('amended').filter(own)) for (const each of frame.entries) shown.set(each.seq, each);
    expect([...shown.values()].sort((a, b) => a.seq - b.seq)).toEqual(states);
  }
  for (const client of [laptop, phone, other]) await client.close();
});
