import { afterAll, beforeAll, expect, test } from 'bun:test';
import { deletedText, type MessageChange } from '@parley/protocol';
import { asOlderClient, olderClientFrames, olderServerFrames } from '../support/before-amendments.ts';
import { type Person, RunningServer } from '../support/running-server.ts';
import { WireClient } from '../support/wire-client.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

/** A connection that sends only frames which clients without amendments sent. */
class OlderClient {
  private constructor(private readonly wire: WireClient) {}

  static async connect(person: Person, resume: boolean): Promise<OlderClient> {
    const client = new OlderClient(await WireClient.open(server.nextUrl()));
    client.send({ type: 'hello', token: person.token, resume });
    const { features } = await client.wire.next('welcome');
    if (features) client.send({ type: 'features', features: [] });
    return client;
  }

  send(frame: { type: string; [field: string]: unknown }): void {
    expect(olderClientFrames[frame.type]?.safeParse(frame).error?.issues).toBeUndefined();
    this.wire.sendRaw(JSON.stringify(frame));
  }

  /** Sends a request and returns the response. */
  async request(frame: { type: string; id: string; [field: string]: unknown }) {
    this.send(frame);
    const answer = await this.wire.until(() => this.wire.frames.find((each) => 'id' in each && each.id === frame.id));
    return asOlderClient(answer) as { [field: string]: unknown };
  }

  /** The numbers of the conversation's entries in the order of arrival. */
  seqs(conversationId: string): number[] {
    return this.wire.seqs(conversationId);
  }

  /** Expects that everything received so far was known before amendments, apart from additional fields. */
  expectKnownFrames(): void {
    for (const frame of this.wire.frames) {
      const { error } = olderServerFrames[frame.type]?.safeParse(asOlderClient(frame)) ?? { error: 'unknown' };
      expect([frame.type, error]).toEqual([frame.type, undefined]);
    }
  }

  untilEntry(seq: number): Promise<unknown> {
    return this.wire.next('entry', ({ entry }) => entry.seq === seq);
  }

  close(): Promise<unknown> {
    return this.wire.close();
  }
}

test('a client without amendments gets frames and entries as before while others amend, and its requests are answered as before', async () => {
  const [ana, ben] = await server.people('older', 2);
  if (!ana || !ben) throw new Error('there are two people');
  const { id } = await server.call(ana, 'createGroup', { name: 'room', userIds: [ben.account.id] });
  const base = { conversationId: id };
  const older = await OlderClient.connect(ben, false);
  let amendments = 0;
  const amend = (seq: number, change: MessageChange) =>
    server.call(ana, 'amendMessage', { ...base, seq, amendmentId: `a${++amendments}`, change });
  const say = (clientMessageId: string, text: string) =>
    server.call(ana, 'sendMessage', { ...base, clientMessageId, text });

  const { seq: edited } = await say('edited', 'frist');
  const { seq: deleted } = await say('deleted', 'a secret');
  const own = { ...base, type: 'send', clientMessageId: 'own', text: 'mine' } as const;
  const sent = await older.request({ ...own, id: 'send' });
  expect(sent).toMatchObject({ type: 'ack', seq: deleted + 1 });
  await amend(edited, { kind: 'edit', text: 'first' });
  await amend(edited, { kind: 'react', emoji: '👍', set: true });
  await amend(edited, { kind: 'pin', set: true });
  await amend(deleted, { kind: 'delete' });
  await server.call(ana, 'sendMessage', { ...base, clientMessageId: 'reply', text: 'a reply', replyTo: edited });
  await older.untilEntry(deleted + 2);

  expect(older.seqs(id)).toEqual([edited, deleted, deleted + 1, deleted + 2]);
  const history = await older.request({ ...base, type: 'history', id: 'page', after: edited - 1 });
  const texts = ['first', deletedText, 'mine', 'a reply'];
  expect(history['entries']).toMatchObject(texts.map((text) => ({ kind: 'message', text })));
  expect(await older.request({ ...own, id: 'again' })).toEqual({ ...sent, id: 'again' });
  expect(await older.request({ ...base, type: 'read', id: 'read', seq: deleted + 2 })).toMatchObject({
    messageCount: 4,
  });
  older.send({ ...base, type: 'typing' });
  const watch = { type: 'watch', id: 'watch', userIds: [ana.account.id], conversationIds: [id], typingIn: [id] };
  expect(await older.request(watch)).toMatchObject({ type: 'presence' });
  expect(await older.request({ type: 'ping', id: 'ping' })).toMatchObject({ type: 'pong' });
  older.expectKnownFrames();
  await older.close();

  // The snapshot after an absence.
  await amend(deleted + 2, { kind: 'edit', text: 'an edited reply' });
  const again = await OlderClient.connect(ben, true);
  expect(await again.request({ type: 'ping', id: 'ping' })).toMatchObject({ type: 'pong' });
  again.expectKnownFrames();
  expect(again.seqs(id)).toEqual([]);
  await again.close();
});
