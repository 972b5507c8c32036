import { describe, expect, test } from 'bun:test';
import type { ServerFrame } from '@parley/protocol';
import { type ConversationData, Disconnected, type Entry, HttpApi, ParleyError } from '../src/index.ts';
import { ConnectionUnderTest } from './support/connection-under-test.ts';
import { ana, benId, conversation, message, roomId } from './support/entries.ts';
import { FakeApi } from './support/fake-api.ts';
import { welcome } from './support/frames.ts';
import { idle } from './support/idle.ts';

/** Data of a later version of the protocol, which the types of this one do not allow. */
const newer = <Known>(fields: Record<string, unknown>) => fields as unknown as Known;
const base = { conversationId: roomId, seq: 2, messageCount: 1, atMs: 2, senderId: benId };
const laterOf = (original: Entry): Entry => ({ ...base, kind: 'later', original });

const entriesOfLaterVersions: Record<string, Entry> = {
  'of an unknown kind': newer({ ...base, kind: 'reaction', toSeq: 1, emoji: '🎉' }),
  'with an unknown role': newer({ ...base, kind: 'role', userId: benId, role: 'moderator' }),
  'with an unknown kind of conversation': newer({
    ...base,
    kind: 'created',
    conversationKind: 'forum',
    name: null,
    userIds: [],
  }),
};

function page(entries: readonly unknown[]): Response {
  return Response.json({ conversationId: roomId, entries, headSeq: 3, visibleFromSeq: 1, digest: 'x' });
}

for (const [what, entry] of Object.entries(entriesOfLaterVersions)) {
  test(`an entry ${what} is a later entry with its original, live and in history`, async () => {
    const api = new FakeApi();
    api.write(roomId, 1);
    const client = await api.client();
    client.connect();
    await api.accept();
    const seen: Entry[] = [];
    client.on('entry', (each) => seen.push(each));
    const requestsBefore = api.asked.length;
    api.runtime.socket.sayRaw(JSON.stringify({ type: 'entry', entry, soon: true }));
    api.runtime.socket.sayRaw(JSON.stringify({ type: 'entry', entry: message(3, { messageCount: 2 }) }));
    await idle();
    expect(seen).toEqual([laterOf(entry), message(3, { messageCount: 2 })]);
    expect(api.asked.slice(requestsBefore)).toEqual([]);
    const http = new HttpApi('https://chat.example', { fetch: async () => page([message(1), entry, message(3)]) });
    const answer = await http.call('getHistory', { conversationId: roomId });
    expect(answer.entries).toEqual([message(1), laterOf(entry), message(3)]);
  });
}

test('an entry of a known kind without a required field is rejected', async () => {
  for (const fields of [{ text: undefined }, { kind: undefined }, { kind: 7 }]) {
    const api = new HttpApi('https://chat.example', { fetch: async () => page([{ ...message(1), ...fields }]) });
    await expect(api.call('getHistory', { conversationId: roomId })).rejects.toBeInstanceOf(Disconnected);
  }
});

test('frames of unknown types are ignored', async () => {
  const under = new ConnectionUnderTest();
  under.connection.open();
  under.goLive();
  under.runtime.socket.sayRaw('{"type":"of_a_later_version","revision":1}');
  under.runtime.socket.sayRaw('{"type":"constructor"}');
  under.runtime.socket.say({ type: 'pong' });
  expect(under.errors).toEqual([]);
  expect(under.frames).toEqual([{ type: 'pong' }]);
  expect(under.connection.state.name).toBe('live');
});

describe('a conversation of a newer server', () => {
  const fieldsOfLaterVersions = { kind: 'forum', history: 'last_month', pinned: [3] };
  const sent = newer<ConversationData>({
    ...conversation(3),
    ...fieldsOfLaterVersions,
    membership: { role: 'moderator', joinedSeq: 1, visibleFromSeq: 1, readSeq: 0, muted: true },
    lastMessage: { ...message(3), kind: 'poll' },
  });
  const read = newer<ConversationData>({
    ...conversation(3),
    kind: 'group',
    history: 'since_joining',
    pinned: [3],
    membership: { role: 'member', joinedSeq: 1, visibleFromSeq: 1, readSeq: 0, muted: true },
    lastMessage: null,
  });

  test('is read from `welcome` with fallbacks for unknown values, and keeps unknown fields', async () => {
    const api = new FakeApi();
    const client = await api.client();
    client.connect();
    api.runtime.socket.open();
    api.runtime.socket.sayRaw(JSON.stringify({ ...welcome([sent]), features: ['amendments'], limits: { text: 1 } }));
    await client.live();
    expect(client.conversations.get(roomId)?.data).toEqual(read);
  });

  test('is read from frames and responses', async () => {
    const under = new ConnectionUnderTest();
    under.connection.open();
    under.goLive();
    under.runtime.socket.sayRaw(JSON.stringify({ type: 'conversation', conversationId: roomId, conversation: sent }));
    expect(under.frames).toEqual([{ type: 'conversation', conversationId: roomId, conversation: read } as ServerFrame]);
    const answers: Record<string, unknown> = {
      '/v1/homepage': { conversations: [sent], left: [], nextCursor: null },
      [`/v1/conversations/${roomId}`]: sent,
      [`/v1/conversations/${roomId}/members`]: {
        members: [{ user: { ...ana, online: true, avatar: 'a.png' }, role: 'moderator', joinedSeq: 1, readSeq: null }],
        nextCursor: null,
      },
      '/v1/server': { version: '9', signup: 'by_email', empty: false },
    };
    const api = new HttpApi('https://chat.example', {
      fetch: async (url) => Response.json(answers[new URL(url).pathname]),
    });
    expect((await api.call('getHomepage', {})).conversations).toEqual([read]);
    expect(await api.call('getConversation', { conversationId: roomId })).toEqual(read);
    const [member] = (await api.call('listMembers', { conversationId: roomId })).members;
    expect(member).toMatchObject({ role: 'member', user: { avatar: 'a.png' } });
    expect((await api.call('getServer', {})).signup).toBe('closed');
  });
});

for (const [retryAfterMs, code, temporary] of [
  [700, 'unavailable', true],
  [undefined, 'internal', false],
] as const) {
  test(`an error of an unknown code is ${code} ${temporary ? 'with' : 'without'} a time to retry`, async () => {
    const refusal = { code: 'moved_to_mars', retryAfterMs };
    const problem = { type: 'about:blank', title: 'Moved', status: 409, detail: 'It is on Mars.', ...refusal };
    const api = new HttpApi('https://chat.example', { fetch: async () => Response.json(problem, { status: 409 }) });
    const byHttp = await api.call('getAccount', {}).catch((error: unknown) => error);
    const under = new ConnectionUnderTest();
    under.connection.open();
    under.goLive();
    const marking = under.connection.request({ type: 'read', conversationId: roomId, seq: 1 });
    const bySocket = marking.catch((error: unknown) => error);
    const id = under.runtime.socket.of('read')[0]?.['id'];
    under.runtime.socket.sayRaw(JSON.stringify({ type: 'error', id, message: 'It is on Mars.', ...refusal }));
    for (const error of [byHttp, await bySocket]) {
      expect(error).toBeInstanceOf(ParleyError);
      expect(error).toMatchObject({ code, message: 'It is on Mars.', retryAfterMs: retryAfterMs ?? null, temporary });
    }
  });
}

test('names of people keep unknown fields', async () => {
  const client = await new FakeApi().client();
  const person = newer<typeof ana>({ ...ana, avatar: 'a.png' });
  client.people.learn([person]);
  expect(client.people.get(ana.id)).toMatchObject({ avatar: 'a.png' });
});
