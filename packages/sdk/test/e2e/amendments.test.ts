import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test';
import { deletedText, type MessageEntry } from '@parley/protocol';
import { type Person, RunningServer } from '../../../server/test/support/running-server.ts';
import { type Conversation, MemoryStore, type ParleyClient } from '../../src/index.ts';
import { device, somebody } from '../support/people.ts';
import { until } from '../support/until.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

/** What a device shows of a conversation. */
class Screen {
  readonly messages = new Map<number, MessageEntry>();
  readonly failures: string[] = [];

  constructor(
    readonly client: ParleyClient,
    readonly room: Conversation,
  ) {
    client.on('entry', (entry) => this.show([entry]));
    client.on('amended', ({ messages, reread, failure }) => {
      this.show(messages);
      if (failure) this.failures.push(failure.code);
      if (reread) void this.read();
    });
  }

  async read(): Promise<this> {
    this.show((await this.room.history()).entries);
    return this;
  }

  /** Everything that a person sees, and the revision, without times. */
  get lines() {
    return [...this.messages.values()]
      .sort((a, b) => a.seq - b.seq)
      .map(({ seq, text, revision, editedAtMs, deleted, reactions, pinned }) => ({
        ...{ seq, text, revision, edited: editedAtMs !== undefined, deleted: deleted?.byId, reactions },
        pinned: pinned?.byId,
      }));
  }

  private show(entries: readonly { kind: string; conversationId: string }[]): void {
    for (const entry of entries) {
      if (entry.kind === 'message' && entry.conversationId === this.room.id) {
        this.messages.set((entry as MessageEntry).seq, entry as MessageEntry);
      }
    }
  }
}

let ana: Person;
let ben: Person;
let clients: ParleyClient[] = [];
beforeEach(async () => {
  [ana, ben] = [await somebody(server, 'ana'), await somebody(server, 'ben')];
});

afterEach(() => {
  for (const client of clients) client.close();
  clients = [];
});

async function screen(person: Person, roomId: string, store = new MemoryStore()): Promise<Screen> {
  const client = await device(server, person, store);
  clients.push(client);
  return new Screen(client, await until(client, () => client.conversations.get(roomId))).read();
}

async function room(): Promise<string> {
  return (await server.call(ana, 'createGroup', { name: 'room', userIds: [ben.account.id] })).id;
}

test('one amendment in five: at the end all devices show the same texts, marks, reactions and revisions', async () => {
  const id = await room();
  const screens = [await screen(ana, id), await screen(ana, id), await screen(ben, id)];
  const [first, second, third] = screens as [Screen, Screen, Screen];
  const pending: Promise<unknown>[] = [];
  const turns = 40;
  for (let turn = 0; turn < turns; turn++) {
    const { room: from, messages } = screens[turn % 3] ?? first;
    pending.push(from.send(`message ${turn}`).sent());
    if (turn % 5 !== 4) continue;
    await Promise.all(pending);
    const own = [...messages.values()].findLast(({ deleted }) => !deleted);
    if (!own) continue;
    const handle = from.message(own);
    const change = [
      () => handle.react('👍'),
      () => handle.edit(`edited in turn ${turn}`),
      () => handle.pin(),
      () => handle.react('👍', false),
      () => handle.delete(),
    ][Math.floor(turn / 5) % 5];
    // Ben may neither edit nor delete what Ana wrote, nor pin: then the message is as before.
    if (change)
      pending.push(
        change()
          .done()
          .catch(() => undefined),
      );
  }
  await Promise.all(pending);
  const { revision } = await server.call(ana, 'getConversation', { conversationId: id });
  for (const { client, room: shown, messages } of screens) {
    await until(client, () => shown.data.revision === revision && messages.size === turns);
  }
  const reader = await screen(ana, id);
  expect(reader.lines).toHaveLength(turns);
  expect(first.lines).toEqual(reader.lines);
  expect(second.lines).toEqual(reader.lines);
  expect(third.lines.map(({ reactions, ...line }) => line)).toEqual(reader.lines.map(({ reactions, ...line }) => line));
  expect(third.lines).toEqual((await screen(ben, id)).lines);
});

test('a device that was away shows what was amended, and stores no deleted text', async () => {
  const id = await room();
  const here = await screen(ana, id);
  const store = new MemoryStore();
  const away = await screen(ben, id, store);
  const { seq } = await here.room.send('a secret').sent();
  await here.room.send('an errro').sent();
  for (const { client, messages } of [here, away]) await until(client, () => messages.has(seq + 1));
  away.client.close();
  const [secret, error] = [here.messages.get(seq), here.messages.get(seq + 1)] as [MessageEntry, MessageEntry];
  await here.room.message(secret).delete().done();
  await here.room.message(error).edit('an error').done();
  away.client.connect();
  await away.client.live();
  expect(away.lines.map(({ text, edited }) => [text, edited])).toEqual([
    [deletedText, false],
    ['an error', true],
  ]);
  expect(away.room.data.lastMessage?.text).toBe('an error');
  const stored = JSON.stringify([await store.entries(id, { limit: 100 }), await store.conversations()]);
  expect(stored).not.toContain('a secret');
  expect(stored).not.toContain('an errro');
});

test('an edit made offline is sent after the message that it edits', async () => {
  const id = await room();
  const [offline, other] = [await screen(ana, id), await screen(ben, id)];
  const { seq } = await offline.room.send('sent').sent();
  const entry = await until(offline.client, () => offline.messages.get(seq));
  offline.client.close();
  offline.room.message(entry).edit('edited offline');
  const waiting = offline.room.send('written offline');
  offline.room.message(waiting).edit('written and corrected offline');
  expect(offline.messages.get(seq)?.text).toBe('edited offline');
  offline.client.connect();
  await until(other.client, () => other.messages.get(seq)?.revision);
  await until(other.client, () => other.messages.get(seq + 1));
  expect(other.lines.map(({ text, edited }) => [text, edited])).toEqual([
    ['edited offline', true],
    ['written and corrected offline', false],
  ]);
});

test('a refused edit is taken back with the reason', async () => {
  const id = await room();
  const [anas, bens] = [await screen(ana, id), await screen(ben, id)];
  const { seq } = await anas.room.send("Ana's").sent();
  const entry = await until(bens.client, () => bens.messages.get(seq));
  const amending = bens.room.message(entry).edit("Ben's");
  expect(bens.messages.get(seq)?.text).toBe("Ben's");
  expect(await amending.done().catch((error) => error.code)).toBe('forbidden');
  expect(bens.messages.get(seq)?.text).toBe("Ana's");
  expect(bens.failures).toEqual(['forbidden']);
});
