import { afterAll, beforeAll, expect, spyOn, test } from 'bun:test';
import { amendmentsFeature, features, levelOf, markUnreadFeature } from '../../../server/src/platform/features.ts';
import { olderClientFrames, wasRead } from '../../../server/test/support/before-amendments.ts';
import { RunningServer } from '../../../server/test/support/running-server.ts';
import { MemoryStore, type MessageEntry, ParleyClient, ParleyError } from '../../src/index.ts';
import { somebody } from '../support/people.ts';
import { until } from '../support/until.ts';

// This server does not offer amendments and marks as unread, because it starts when the program does not support them.
// What it accepts beyond an older server is checked by the schemas of that time.
let server: RunningServer;
beforeAll(async () => {
  const later = [amendmentsFeature, markUnreadFeature].map((name) => ({ name, level: levelOf(name) }));
  for (const { name } of later) delete features[name];
  server = await RunningServer.start();
  for (const { name, level } of later) features[name] = level;
});
afterAll(() => server.stop());

const frames: string[] = [];

class RecordingSocket extends WebSocket {
  override send(text: string): void {
    frames.push(text);
    super.send(text);
  }
}

function codeOf(error: unknown): string {
  return error instanceof ParleyError ? error.code : String(error);
}

test('towards a server without amendments, a client sends only what that server accepts, and everything else works', async () => {
  const [ana, ben] = [await somebody(server, 'ana'), await somebody(server, 'ben')];
  const { id } = await server.call(ana, 'createGroup', { name: 'room', userIds: [ben.account.id] });
  const requests = spyOn(globalThis, 'fetch');
  const store = new MemoryStore();
  await store.setSession({ token: ana.token, account: ana.account });
  const client = new ParleyClient({ url: server.nextUrl(), store, webSocket: RecordingSocket });
  const shown = new Map<number, string>();
  const refused: string[] = [];
  client.on('entry', (entry) => shown.set(entry.seq, entry.kind === 'message' ? entry.text : entry.kind));
  client.on('amended', ({ messages, failure }) => {
    for (const { seq, text } of messages) shown.set(seq, text);
    if (failure) refused.push(failure.code);
  });
  await client.resume();
  client.connect();
  await client.live();
  expect(client.serverFeatures).not.toContain('amendments');
  const room = await until(client, () => client.conversations.get(id));

  const { seq } = await room.send('the first text').sent();
  await room.send('a reply', { replyTo: seq }).sent();
  await until(client, () => shown.has(seq + 1));
  const { entries } = await room.history();
  const message = room.message(entries.find((entry) => entry.seq === seq) as MessageEntry);
  const amending = [message.edit('another text'), message.react('👍'), message.pin(), message.delete()];
  const outcomes = await Promise.all(amending.map((each) => each.done().catch(codeOf)));
  expect(outcomes).toEqual(Array(4).fill('feature_not_enabled'));
  expect(refused).toEqual(Array(4).fill('feature_not_enabled'));
  expect([...shown.values()]).toEqual(['the first text', 'a reply']);

  client.close();
  const waiting = room.send('written offline');
  room.message(waiting).edit('written and corrected offline');
  const other = { conversationId: id, clientMessageId: 'other', text: 'from ben' };
  await server.call(ben, 'sendMessage', other);
  client.connect();
  await client.live();
  await waiting.sent();
  await until(client, () => shown.size === 4);
  expect([...shown.values()]).toEqual(['the first text', 'a reply', 'from ben', 'written and corrected offline']);

  for (const text of frames) {
    const frame = JSON.parse(text);
    expect([frame.type, olderClientFrames[frame.type]?.safeParse(frame).error?.issues]).toEqual([
      frame.type,
      undefined,
    ]);
  }
  const isOwn = ([, init]: Parameters<typeof fetch>) =>
    new Headers(init?.headers).get('authorization') === `Bearer ${ana.token}`;
  const reads = requests.mock.calls.filter(isOwn).map(([url]) => new URL(String(url)));
  requests.mockRestore();
  expect(reads.filter((url) => !wasRead(url)).map(String)).toEqual([]);
  client.close();
});
