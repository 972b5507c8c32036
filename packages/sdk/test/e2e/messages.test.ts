import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { retriedWhileOverloaded } from '../../../server/test/support/retried.ts';
import { RunningServer } from '../../../server/test/support/running-server.ts';
import { type Conversation, type Entry, MemoryStore, ParleyClient } from '../../src/index.ts';
import { device, somebody } from '../support/people.ts';
import { collect, until, untilShown } from '../support/until.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

const clients: ParleyClient[] = [];
afterAll(() => {
  for (const client of clients) client.close();
});

async function pair() {
  const [anaPerson, benPerson] = await Promise.all([somebody(server, 'ana'), somebody(server, 'ben')]);
  const [ana, ben] = await Promise.all([device(server, anaPerson), device(server, benPerson)]);
  clients.push(ana, ben);
  const room = await ana.conversations.createGroup({ name: 'room', userIds: [benPerson.account.id] });
  const bens = await until(ben, () => ben.conversations.get(room.id));
  return { ana, ben, room, bens, anaPerson };
}

const textOf = (entry: Entry) => (entry.kind === 'message' ? entry.text : entry.kind);

describe('sending', () => {
  test('shows the message at once, and keeps its client message id when it gets its number', async () => {
    const { ana, room } = await pair();
    const statuses = collect(ana, 'outbox');
    const message = room.send('hello');
    expect(message.status).toBe('queued');
    expect(room.outbox).toEqual([message]);
    const receipt = await message.sent();
    const entry = await until(ana, () => room.data.lastMessage);
    expect(entry).toMatchObject({ seq: receipt.seq, clientMessageId: message.clientMessageId, text: 'hello' });
    expect(room.outbox).toEqual([]);
    expect(statuses.at(-1)).toMatchObject({ status: 'sent' });
  });

  test('contract 6: an acknowledged message is in the history of every member', async () => {
    const { room, bens } = await pair();
    for (let index = 0; index < 20; index++) {
      const { seq } = await room.send(`text ${index}`).sent();
      const { entries } = await bens.history({ limit: 1 });
      expect(entries).toMatchObject([{ seq, text: `text ${index}` }]);
    }
  });

  test('an error response fails the message with its code', async () => {
    const { ben, room, bens } = await pair();
    await room.update({ announceOnly: true });
    await until(ben, () => bens.data.announceOnly);
    const message = bens.send('not allowed');
    expect(await message.sent().catch((error: unknown) => error)).toMatchObject({ code: 'announce_only' });
    expect(message).toMatchObject({ status: 'failed', failure: { code: 'announce_only' } });
    await room.update({ announceOnly: false });
    message.retry();
    await message.sent();
    expect(bens.outbox).toEqual([]);
  });
});

test('contract 3: all devices of all members show the same entries with the same numbers', async () => {
  const [anaPerson, benPerson] = await Promise.all([somebody(server, 'ana'), somebody(server, 'ben')]);
  const devices = await Promise.all([anaPerson, anaPerson, benPerson].map((person) => device(server, person)));
  clients.push(...devices);
  const shown = devices.map((client) => collect(client, 'entry'));
  const [phone] = devices;
  const created = await phone?.conversations.createGroup({ name: 'room', userIds: [benPerson.account.id] });
  if (!created) throw new Error('no group was made');
  const rooms = await Promise.all(
    devices.map((client) => until(client, () => client.conversations.get(created.id) ?? false)),
  );
  const sent = rooms.flatMap((room, index) => Array.from({ length: 40 }, (_, n) => room.send(`${index}-${n}`)));
  await Promise.all(sent.map((message) => message.sent()));
  const head = 1 + sent.length;
  await Promise.all(devices.map((client, index) => until(client, () => shown[index]?.at(-1)?.seq === head)));
  const [first] = shown;
  for (const each of shown) {
    expect(each).toEqual(first ?? []);
    expect(each.map(({ seq }) => seq)).toEqual(Array.from({ length: head }, (_, index) => index + 1));
  }
  const ofPhone = first?.map(textOf).filter((text) => text.startsWith('0-'));
  expect(ofPhone).toEqual(Array.from({ length: 40 }, (_, n) => `0-${n}`));
});

describe('history', () => {
  test('returns pages before, after and around a number, and the newest by default', async () => {
    const { room } = await pair();
    for (let index = 2; index <= 30; index++) await room.send(String(index)).sent();
    const seqs = async (page: Parameters<Conversation['history']>[0]) =>
      (await room.history(page)).entries.map(({ seq }) => seq);
    expect(await seqs({ limit: 3 })).toEqual([28, 29, 30]);
    expect(await seqs({ before: 28, limit: 3 })).toEqual([25, 26, 27]);
    expect(await seqs({ after: 5, limit: 3 })).toEqual([6, 7, 8]);
    expect(await seqs({ around: 10, limit: 3 })).toContain(10);
    expect(await seqs({})).toHaveLength(30);
  });

  test('returns the same pages from the store without a connection', async () => {
    const { ana, room } = await pair();
    for (let index = 2; index <= 30; index++) await room.send(String(index)).sent();
    await room.history();
    const pages = [
      { limit: 3 },
      { before: 28, limit: 3 },
      { after: 5, limit: 3 },
      { after: 30 },
      { after: 0, limit: 2 },
    ];
    const online = await Promise.all(pages.map((page) => room.history(page)));
    ana.close();
    const offline = await Promise.all(pages.map((page) => room.history(page)));
    expect(offline.map(({ entries }) => entries)).toEqual(online.map(({ entries }) => entries));
    const around = await room.history({ around: 10, limit: 4 });
    expect(around.entries.map(({ seq }) => seq)).toContain(10);
    expect(around.entries).toHaveLength(4);
  });
});

describe('live', () => {
  test('contract 4: returns each entry once, in order, from a number on, over lost connections', async () => {
    const { ben, room, bens } = await pair();
    for (let index = 2; index <= 10; index++) await room.send(String(index)).sent();
    const seqs: number[] = [];
    const reading = (async () => {
      for await (const { seq } of bens.live({ after: 4 })) {
        seqs.push(seq);
        if (seq === 40) return;
      }
    })();
    for (let index = 11; index <= 40; index++) {
      await room.send(String(index)).sent();
      if (index % 10 === 5) {
        ben.close();
        ben.connect();
      }
    }
    await reading;
    expect(seqs).toEqual(Array.from({ length: 36 }, (_, index) => index + 5));
  });

  test('a loop that is slower than the entries misses none', async () => {
    const { ben, room, bens, anaPerson } = await pair();
    const loop = bens.live({ after: 0 });
    await loop.next();
    const count = 1_300;
    // Many at a time: a client waits for each acknowledgement before it sends the next message.
    const atATime = 100;
    for (let sent = 0; sent < count; sent += atATime) {
      const sends = Array.from({ length: atATime }, () => {
        const message = { conversationId: room.id, clientMessageId: crypto.randomUUID(), text: 'x' };
        return retriedWhileOverloaded(() => server.call(anaPerson, 'sendMessage', message));
      });
      await Promise.all(sends);
    }
    await untilShown(ben, bens, count + 1);
    for (let seq = 2; seq <= count + 1; seq++) expect((await loop.next()).value?.seq).toBe(seq);
    await loop.return();
  });

  test('ends when the member is removed', async () => {
    const { ben, room, bens } = await pair();
    const seqs: number[] = [];
    const reading = (async () => {
      for await (const { seq } of bens.live({ after: 0 })) seqs.push(seq);
    })();
    await room.send('last').sent();
    await until(ben, () => seqs.includes(2));
    await room.remove(ben.account?.id ?? '');
    await reading;
    expect(seqs).toEqual([1, 2, 3]);
  });
});

test('contract 4: a client that restarts with its store continues at its position', async () => {
  const { room } = await pair();
  const away = await somebody(server, 'away');
  await room.add([away.account.id]);
  const store = new MemoryStore();
  const before = await device(server, away, store);
  await room.send('while here').sent();
  await untilShown(before, await until(before, () => before.conversations.get(room.id)), 3);
  before.close();
  for (const text of ['one', 'two']) await room.send(text).sent();
  const after = new ParleyClient({ url: server.url, store });
  clients.push(after);
  const shown = collect(after, 'entry');
  await after.resume();
  expect(after.conversations.get(room.id)?.data.lastMessage?.text).toBe('while here');
  after.connect();
  await after.live();
  expect(shown.map(textOf)).toEqual(['one', 'two']);
  expect(after.conversations.get(room.id)?.unreadCount).toBe(3);
});
