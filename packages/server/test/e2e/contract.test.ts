import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { MessageEntry } from '@parley/protocol';
import { closeCodes } from '@parley/protocol';
import { retriedWhileOverloaded } from '../support/retried.ts';
import { type Person, RunningServer } from '../support/running-server.ts';
import { SlowReader } from '../support/slow-reader.ts';
import { until } from '../support/until.ts';
import { WireClient } from '../support/wire-client.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

let names = 0;
/** Two people with a direct conversation. */
async function pair(): Promise<{ ana: Person; ben: Person; conversationId: string }> {
  const [ana, ben] = await Promise.all([server.person(`ana${++names}`), server.person(`ben${names}`)]);
  const { id } = await server.call(ana, 'openDirect', { userId: ben.account.id });
  return { ana, ben, conversationId: id };
}

function send(client: WireClient, conversationId: string, clientMessageId: string, text = clientMessageId) {
  return client.request({ type: 'send', conversationId, clientMessageId, text });
}

describe('contract 1: acknowledged means durable', () => {
  test('a send whose commit failed is decided again, and acknowledged once, after the successful commit', async () => {
    const { ana, conversationId } = await pair();
    const client = await server.wire(ana);
    const failing = server.adapters.history;
    const apply = failing.apply.bind(failing);
    let fail = true;
    failing.apply = (needed, decide) => {
      if (!fail) return apply(needed, decide);
      fail = false;
      // The transaction is prepared, then lost: none of its messages may be acknowledged.
      return Promise.reject(new Error('the disk is full'));
    };
    const ack = await send(client, conversationId, 'survivor');
    failing.apply = apply;
    expect(fail).toBe(false);
    expect(ack).toMatchObject({ type: 'ack', seq: 2 });
    expect(await send(client, conversationId, 'next')).toMatchObject({ type: 'ack', seq: 3 });
    expect(client.of('ack')).toHaveLength(2);
    await client.close();
  });
});

describe('contract 2: a retry is always safe', () => {
  test('the same id gives the first number and time, over the socket and over HTTP', async () => {
    const { ana, conversationId } = await pair();
    const client = await server.wire(ana);
    const first = await send(client, conversationId, 'once', 'text');
    const again = await send(client, conversationId, 'once', 'text');
    expect({ ...again, id: '' }).toEqual({ ...first, id: '' });
    const overHttp = await server.call(ana, 'sendMessage', { conversationId, clientMessageId: 'once', text: 'text' });
    expect(first).toMatchObject(overHttp);
    const { entries } = await server.call(ana, 'getHistory', { conversationId });
    expect(entries.filter((entry) => entry.kind === 'message')).toHaveLength(1);
    await client.close();
  });

  test('a hundred concurrent sends with one id create one entry', async () => {
    const { ana, conversationId } = await pair();
    const sendSame = () => server.call(ana, 'sendMessage', { conversationId, clientMessageId: 'same', text: 'text' });
    // A busy server may refuse some of them (contract 7); a client retries these.
    const receipts = await Promise.all(Array.from({ length: 100 }, () => retriedWhileOverloaded(sendSame)));
    expect(new Set(receipts.map((receipt) => receipt.seq))).toEqual(new Set([2]));
  });

  test('the same id with another text is refused', async () => {
    const { ana, conversationId } = await pair();
    const client = await server.wire(ana);
    await send(client, conversationId, 'id', 'one text');
    expect(await send(client, conversationId, 'id', 'another')).toMatchObject({
      type: 'error',
      code: 'client_message_id_reused',
    });
    await client.close();
  });

  test('one sender’s id is free for another sender', async () => {
    const { ana, ben, conversationId } = await pair();
    for (const person of [ana, ben]) {
      await server.call(person, 'sendMessage', {
        conversationId,
        clientMessageId: 'id',
        text: person.account.username,
      });
    }
    const { entries } = await server.call(ben, 'getHistory', { conversationId });
    expect(entries.filter((entry) => entry.kind === 'message')).toHaveLength(2);
  });
});

describe('contract 3: one order, no gaps', () => {
  test('live delivery, history and every device show the same entries with the same numbers', async () => {
    const { ana, ben, conversationId } = await pair();
    const devices = await Promise.all([server.wire(ana), server.wire(ana), server.wire(ben)]);
    const [first, second, other] = devices as [WireClient, WireClient, WireClient];
    const sends = Array.from({ length: 300 }, (_, index) =>
      send([first, second, other][index % 3] as WireClient, conversationId, `m${index}`),
    );
    await Promise.all(sends);
    for (const device of devices) await device.until(() => device.seqs(conversationId).includes(301) || undefined);
    const expected = Array.from({ length: 300 }, (_, index) => index + 2);
    const { entries } = await server.call(ana, 'getHistory', { conversationId, after: 1, limit: 200 });
    for (const device of devices) {
      expect(device.seqs(conversationId)).toEqual(expected);
      const live = device.of('entry').map(({ entry }) => entry);
      expect(live.filter((entry) => entry.conversationId === conversationId).slice(0, 200)).toEqual(entries);
    }
    // Messages of one device are in the order in which the device sent them.
    const texts = other.of('entry').map(({ entry }) => (entry as MessageEntry).text);
    const ofFirst = texts.filter((text) => Number(text.slice(1)) % 3 === 0);
    expect(ofFirst).toEqual(Array.from({ length: 100 }, (_, index) => `m${index * 3}`));
    await Promise.all(devices.map((device) => device.close()));
  });
});

describe('contract 4: delivered at least once, shown exactly once', () => {
  test('an SDK client whose connection is cut again and again shows each entry once, in order', async () => {
    const { ana, ben, conversationId } = await pair();
    const sockets: { terminate(): void }[] = [];
    class RecordedSocket extends WebSocket {
      constructor(url: string, subprotocol: string) {
        super(url, subprotocol);
        // An option of Bun's WebSocket that browsers lack.
        sockets.push(this as unknown as { terminate(): void });
      }
    }
    const client = await server.client(ben, { webSocket: RecordedSocket });
    const shown: number[] = [];
    client.on('entry', (entry) => {
      if (entry.conversationId === conversationId) shown.push(entry.seq);
    });
    client.connect();
    await client.live();
    // Opening the conversation shows nothing to ben; the first message does.
    for (let index = 0; index < 100; index++) {
      await server.call(ana, 'sendMessage', { conversationId, clientMessageId: `m${index}`, text: 'x' });
      // The connection ends without a close frame; entries in flight are lost.
      if (index % 25 === 24) sockets.at(-1)?.terminate();
    }
    await new Promise<void>((resolve) => {
      const check = () => {
        if (shown.at(-1) === 101) resolve();
      };
      client.on('entry', check);
      check();
    });
    expect(shown).toEqual(Array.from({ length: 101 }, (_, index) => index + 1));
    expect(sockets.length).toBeGreaterThan(1);
    client.close();
  });
});

describe('contract 5: no gap between snapshot and live entries', () => {
  test('a client that connects while messages are sent gets each in the snapshot, live, or both', async () => {
    const { ana, ben, conversationId } = await pair();
    const sender = await server.wire(ana);
    await send(sender, conversationId, 'first');
    let sending = true;
    const sent = (async () => {
      let count = 1;
      for (; sending; count++) await send(sender, conversationId, `m${count}`);
      return count + 1;
    })();
    for (let round = 0; round < 20; round++) {
      const receiver = await server.wire(ben);
      const welcome = await receiver.next('welcome');
      const snapshot = welcome.homepage.conversations.find(({ id }) => id === conversationId);
      const head = snapshot?.headSeq ?? 0;
      // The first live entry is at most one after the snapshot, and none is missing from there on.
      await receiver.until(() => receiver.seqs(conversationId).find((seq) => seq > head + 3));
      const live = receiver.seqs(conversationId);
      expect(live[0]).toBeLessThanOrEqual(head + 1);
      expect(live).toEqual(Array.from(live, (_, index) => (live[0] ?? 0) + index));
      await receiver.close();
    }
    sending = false;
    expect(await sent).toBeGreaterThan(60);
    await sender.close();
  });
});

describe('contract 6: read your writes', () => {
  test('after an ack the entry is in history, in the count of unread, and on the homepage', async () => {
    const { ana, ben, conversationId } = await pair();
    for (let index = 0; index < 50; index++) {
      const input = { conversationId, clientMessageId: `m${index}`, text: `text ${index}` };
      const { seq } = await server.call(ana, 'sendMessage', input);
      const [{ entries }, home] = await Promise.all([
        server.call(ben, 'getHistory', { conversationId, limit: 1 }),
        server.call(ben, 'getHomepage', {}),
      ]);
      expect(entries.at(-1)).toMatchObject({ seq, text: `text ${index}` });
      expect(home.conversations[0]).toMatchObject({ id: conversationId, headSeq: seq, unreadCount: index + 1 });
    }
  });
});

describe('contract 7: no silent loss', () => {
  test('a socket that does not read is told to resynchronise or closed, and never skipped silently', async () => {
    const { ana, ben, conversationId } = await pair();
    const slow = await SlowReader.connect(server.url, ben.token);
    const sender = await WireClient.hello(server.url, ana.token);
    const connections = async () => (await server.stats()).connections;
    await until('only these two are connected to the server', async () => (await connections()) === 2);
    // More than the socket buffers of both kernels and the server's own together.
    for (let index = 0; (await connections()) === 2 && index < 1_000; index++) {
      await send(sender, conversationId, `m${index}`, 'x'.repeat(10_000));
    }
    expect(await connections()).toBe(1);
    // The other clients were not delayed.
    expect(await send(sender, conversationId, 'last')).toMatchObject({ type: 'ack' });
    await sender.close();
    slow.end();
  });
});

describe('contract 8: membership is exact', () => {
  test('a removed user receives nothing numbered after the removal, by any path', async () => {
    const { ana, ben } = await pair();
    const group = await server.call(ana, 'createGroup', { name: 'g', userIds: [ben.account.id] });
    const [sender, removed] = await Promise.all([server.wire(ana), server.wire(ben)]);
    const before = Array.from({ length: 50 }, (_, index) => send(sender, group.id, `before${index}`));
    const removal = server.call(ana, 'removeMember', { conversationId: group.id, userId: ben.account.id });
    const after = Array.from({ length: 50 }, (_, index) => send(sender, group.id, `after${index}`));
    await Promise.all([...before, removal, ...after]);
    const removedEntry = await removed.next('entry', ({ entry }) => entry.kind === 'removed');
    expect(Math.max(...removed.seqs(group.id))).toBe(removedEntry.entry.seq);
    await removed.next('conversation', (frame) => frame.conversationId === group.id && frame.conversation === null);
    const refusals = await Promise.all([
      removed.request({ type: 'history', conversationId: group.id }),
      removed.request({ type: 'read', conversationId: group.id, seq: 1 }),
      send(removed, group.id, 'intruder'),
    ]);
    for (const refusal of refusals) expect(refusal).toMatchObject({ type: 'error', code: 'not_found' });
    const home = await server.call(ben, 'getHomepage', { left: 'true' });
    expect(home.conversations.map(({ id }) => id)).not.toContain(group.id);
    expect(home.left.map(({ conversationId }) => conversationId)).toContain(group.id);
    await Promise.all([sender.close(), removed.close()]);
  });

  test('a user who joins sees what the history setting allows', async () => {
    const { ana, ben } = await pair();
    for (const history of ['all', 'since_joining'] as const) {
      const channel = await server.call(ana, 'createChannel', { name: history, history });
      await server.call(ana, 'sendMessage', { conversationId: channel.id, clientMessageId: 'old', text: 'old' });
      const joined = await server.call(ben, 'joinChannel', { conversationId: channel.id });
      const { entries } = await server.call(ben, 'getHistory', { conversationId: channel.id });
      expect(entries.map(({ seq }) => seq)).toEqual(history === 'all' ? [1, 2, 3] : [3]);
      expect(joined.lastMessage === null).toBe(history === 'since_joining');
      expect(joined.unreadCount).toBe(0);
    }
  });
});

describe('contract 9: presence is correct within seconds', () => {
  test('a watcher sees a user come online, stay online through a reconnect, and go offline', async () => {
    const { ana, ben } = await pair();
    const watcher = await server.wire(ana);
    const snapshot = await watcher.request({ type: 'watch', userIds: [ben.account.id] });
    expect(snapshot).toMatchObject({ type: 'presence', users: [{ userId: ben.account.id, online: false }] });
    const changes = () =>
      watcher
        .of('presence')
        .slice(1)
        .flatMap((frame) => frame.users);
    const [phone, laptop] = await Promise.all([server.wire(ben), server.wire(ben)]);
    await watcher.until(() => changes().find(({ online }) => online));
    await Promise.all([phone.close(), laptop.close()]);
    const again = await server.wire(ben);
    await again.close();
    await watcher.until(() => changes().find(({ online }) => !online));
    // One arrival and one departure: the second device and the reconnect caused no change.
    expect(changes().map(({ online }) => online)).toEqual([true, false]);
    await watcher.close();
  });

  test('the socket of a session that logs out is closed as revoked', async () => {
    const { ana } = await pair();
    const client = await server.wire(ana);
    await server.call(ana, 'logout', {});
    expect((await client.closed).code).toBe(closeCodes.revoked.code);
  });
});
