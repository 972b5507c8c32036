import { expect, test } from 'bun:test';
import type { ParleyClient } from '../src/index.ts';
import { Shown } from './support/amended-room.ts';
import { message, roomId } from './support/entries.ts';
import { idle } from './support/idle.ts';
import { connected, lostAndOther, ServerWithOneRoom } from './support/server-with-one-room.ts';

/** A client that lost its connection to a server with 30 messages, of which a restore keeps 25. */
async function disconnected() {
  const server = new ServerWithOneRoom();
  server.features = ['amendments'];
  const client = await connected(server);
  const shown = new Shown(client);
  const { entries } = (await client.conversations.get(roomId)?.history()) ?? { entries: [] };
  server.runtime.socket.end(1006);
  return { server, client, shown, entries };
}

function restore(server: ServerWithOneRoom, othersCount = 10): void {
  server.entries = lostAndOther(othersCount);
  server.epoch = 'second';
  server.userEpoch = 'second';
}

async function reconnect(server: ServerWithOneRoom): Promise<void> {
  await server.nextSocket();
  await server.accept();
}

function roomOf(client: ParleyClient) {
  const room = client.conversations.get(roomId);
  if (!room) throw new Error('the client has no room');
  return room;
}

test('a waiting amendment of a message that a restore lost is refused, and one of a kept message is sent', async () => {
  const { server, client, shown, entries } = await disconnected();
  const done = [28, 22].map((seq) => {
    const entry = entries.find((each) => each.seq === seq);
    if (entry?.kind !== 'message') throw new Error(`there is no message ${seq}`);
    return roomOf(client).message(entry).react('👍').done();
  });
  restore(server);
  await reconnect(server);
  expect(server.runtime.socket.of('amend')).toMatchObject([{ seq: 22 }]);
  expect(shown.failures.map(({ code }) => code)).toEqual(['message_not_found']);
  await expect(done[0]).rejects.toThrow('lost when the server was restored');
  // Another message has the number of the lost one.
  expect(shown.texts.get(28)).toBe('other 2');
});

test('a waiting reply to a message that a restore lost is sent as a message, and one to a kept message as a reply', async () => {
  const { server, client } = await disconnected();
  const room = roomOf(client);
  const sent = [28, 22].map((replyTo) => room.send(`reply to ${replyTo}`, { replyTo }));
  restore(server);
  await reconnect(server);
  const { socket } = server.runtime;
  for (const [index, { clientMessageId }] of sent.entries()) {
    const frame = socket.of('send').at(-1);
    expect([frame?.['text'], frame?.['replyTo']]).toEqual(
      index === 0 ? ['reply to 28', undefined] : ['reply to 22', 22],
    );
    const receipt = { conversationId: roomId, seq: 36 + index, messageCount: 36 + index, atMs: 2_000 };
    socket.say({ type: 'ack', id: String(frame?.['id']), clientMessageId, ...receipt });
    await idle();
  }
});

test('an own message that was written before a restore does not mark messages of others as read', async () => {
  const { server, client } = await disconnected();
  const room = roomOf(client);
  const { clientMessageId } = room.send('written while away');
  restore(server, 5);
  await reconnect(server);
  const entry = message(31, { senderId: client.account?.id ?? '', clientMessageId, atMs: 2_000 });
  server.runtime.socket.say({ type: 'entry', entry });
  await idle();
  expect(room.data.membership?.readSeq).toBe(0);
});
