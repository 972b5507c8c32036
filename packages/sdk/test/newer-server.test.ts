import { expect, test } from 'bun:test';
import { Disconnected, type Entry, HttpApi, ParleyError } from '../src/index.ts';
import { ConnectionUnderTest } from './support/connection-under-test.ts';
import { message, roomId } from './support/entries.ts';
import { FakeApi } from './support/fake-api.ts';
import { settled } from './support/fake-runtime.ts';

/** As a later version might write one. */
const reaction = { ...message(2), kind: 'reaction', text: undefined, toSeq: 1, emoji: '🎉' };
const later = {
  kind: 'later',
  conversationId: roomId,
  seq: 2,
  messageCount: 2,
  atMs: 2,
  senderId: message(2).senderId,
};

test('an entry of a kind that came later keeps its number: what follows is shown, nothing is asked for', async () => {
  const api = new FakeApi();
  api.write(roomId, 1);
  const client = await api.client();
  client.connect();
  await api.accept();
  const seen: Entry[] = [];
  client.on('entry', (entry) => seen.push(entry));
  const askedBefore = api.asked.length;
  api.runtime.socket.sayRaw(JSON.stringify({ type: 'entry', entry: reaction, soon: true }));
  api.runtime.socket.sayRaw(JSON.stringify({ type: 'entry', entry: message(3) }));
  await settled();
  expect(seen).toEqual([later as Entry, message(3)]);
  expect(api.asked.slice(askedBefore)).toEqual([]);
});

test('so does one in the history', async () => {
  const entries = [message(1), reaction, message(3)];
  const page = { conversationId: roomId, entries, headSeq: 3, visibleFromSeq: 1, digest: 'x' };
  const api = new HttpApi('https://chat.example', { fetch: async () => Response.json(page) });
  const answer = await api.call('getHistory', { conversationId: roomId });
  expect(answer.entries).toEqual([message(1), later as Entry, message(3)]);
});

test('an entry of a known kind that lacks something is no later one', async () => {
  const page = { conversationId: roomId, entries: [{ ...message(1), text: undefined }], headSeq: 1, visibleFromSeq: 1 };
  const api = new HttpApi('https://chat.example', { fetch: async () => Response.json(page) });
  await expect(api.call('getHistory', { conversationId: roomId })).rejects.toBeInstanceOf(Disconnected);
});

for (const [retryAfterMs, code, temporary] of [
  [700, 'unavailable', true],
  [undefined, 'internal', false],
] as const) {
  test(`an error of a code that came later is ${code} ${temporary ? 'with' : 'without'} a time to try again`, async () => {
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
