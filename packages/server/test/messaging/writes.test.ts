import { beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { closeCodes, type ServerFrame } from '@parley/protocol';
import { Connection, slowReaderBytes } from '../../src/messaging/connection.ts';
import { Outbox } from '../../src/messaging/outbox.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { ClusterUnderTest } from './cluster-under-test.ts';
import { SilentSocket } from './silent-socket.ts';

describe('a message in a direct chat', () => {
  test('costs one write to each of the two sockets: the ack leaves with the sender’s own entry, before it', async () => {
    const cluster = await ClusterUnderTest.start(1);
    const [server] = cluster.servers;
    if (!server) throw new Error('one server was started');
    const [ana, ben] = [await server.connect('ana'), await server.connect('ben')];
    const [{ userId: anaId }, { userId: benId }] = [await cluster.user('ana'), await cluster.user('ben')];
    const { id: conversationId } = await server.conversations.openDirect(anaId, benId);
    // The first message also shows the conversation to the other person.
    await ana.asks({ type: 'send', conversationId, clientMessageId: 'first', text: 'hello' });
    await ben.next('conversation');
    for (let count = 0; count < 5; count++) {
      const [anaWrites, benWrites, framesBefore] = [ana.writes, ben.writes, ana.frames.length];
      await ana.asks({ type: 'send', conversationId, clientMessageId: `m${count}`, text: 'hello' });
      await ben.until(() => ben.seqs(conversationId).includes(count + 3) || undefined);
      expect([ana.writes - anaWrites, ben.writes - benWrites]).toEqual([1, 1]);
      expect(ana.frames.slice(framesBefore).map(({ type }) => type)).toEqual(['ack', 'entry']);
    }
  });
});

test('an entry is encoded once for all its recipients on a server', async () => {
  const cluster = await ClusterUnderTest.start(1);
  const [server] = cluster.servers;
  if (!server) throw new Error('one server was started');
  const names = ['ana', 'ben', 'eve', 'kim', 'lee'];
  const people = await Promise.all(names.map((name) => cluster.user(name)));
  const sockets = await Promise.all(names.map((name) => server.connect(name)));
  const [owner, ...others] = people.map(({ userId }) => userId);
  if (owner === undefined) throw new Error('five people were made');
  const { id } = await server.conversations.createGroup(owner, { name: 'g', userIds: others });
  const encode = spyOn(JSON, 'stringify');
  try {
    await server.messages.send(owner, id, 'm', 'hello');
    for (const socket of sockets) await socket.until(() => socket.seqs(id).includes(2) || undefined);
    const encoded = encode.mock.calls.filter(([frame]) => frame?.type === 'entry');
    expect(encoded).toHaveLength(1);
  } finally {
    encode.mockRestore();
  }
});

describe('frames of one connection', () => {
  let written: string[][];
  let ending: (() => void)[];
  let buffered: number;
  let socket: SilentSocket;
  let connection: Connection;

  beforeEach(() => {
    written = [];
    ending = [];
    buffered = 0;
    let corked: string[] | null = null;
    socket = Object.assign(new SilentSocket(), {
      send(text: string) {
        if (corked) corked.push(text);
        else written.push([text]);
        return true;
      },
      cork(send: () => void) {
        corked = [];
        send();
        written.push(corked);
        corked = null;
      },
      bufferedBytes: () => buffered,
    });
    connection = new Connection(socket, '192.0.2.1', new FakeClock(), new Outbox((run) => ending.push(run)));
  });

  const typing: ServerFrame = { type: 'typing', conversationId: 'c', userId: 'u' };
  const endTurn = () => {
    for (const run of ending.splice(0)) run();
  };
  const types = () => written.map((texts) => texts.map((text) => JSON.parse(text).type));

  test('are written together at the end of the turn, in order', () => {
    connection.send(typing);
    connection.send({ type: 'pong' });
    expect(types()).toEqual([]);
    endTurn();
    expect(types()).toEqual([['typing', 'pong']]);
    connection.send(typing);
    endTurn();
    expect(types()).toEqual([['typing', 'pong'], ['typing']]);
  });

  test('are written before the connection closes', () => {
    connection.send(typing);
    connection.close('revoked');
    expect(types()).toEqual([['typing']]);
    expect(socket.closedWith).toBe(closeCodes.revoked.code);
    endTurn();
    expect(types()).toHaveLength(1);
  });

  test('do not pile up within a turn', () => {
    const text = JSON.stringify({ type: 'resync', reason: 'x'.repeat(9_000) });
    for (let count = 0; count < 4; count++) connection.sendText(text);
    expect(types()).toEqual([
      ['resync', 'resync'],
      ['resync', 'resync'],
    ]);
  });

  test('are followed by a resync when their reader is too slow (contract 7)', () => {
    buffered = slowReaderBytes + 1;
    connection.send(typing);
    endTurn();
    expect(types()).toEqual([['typing'], ['resync']]);
    expect(socket.closedWith).toBe(closeCodes.resync.code);
  });

  test('are dropped when the peer has closed', () => {
    connection.send(typing);
    connection.closed = true;
    endTurn();
    expect(types()).toEqual([]);
  });
});
