import { expect } from 'bun:test';
import type { ClientFrame, clientFrames, ServerFrame } from '@parley/protocol';
import { ParleyError } from '@parley/sdk';
import { retriedWhileOverloaded } from './retried.ts';
import type { WireClient } from './wire-client.ts';

export type Steps<Name extends string, In> = { [Each in Name]: (scene: In) => Promise<unknown> };

/** A user's socket, and the conversations that it is used in. */
interface FrameScene {
  socket: WireClient;
  ana: { readonly id: string };
  ben: { readonly id: string };
  channel: string;
  direct: string;
}

/** A step for each frame that a client sends. */
export const frameSteps: Steps<keyof typeof clientFrames, FrameScene> = {
  hello: async ({ socket }) => expect((await socket.next('welcome')).homepage.conversations.length).toBeGreaterThan(0),
  ping: async ({ socket }) => expect(await socket.request({ type: 'ping' })).toMatchObject({ type: 'pong' }),
  watch: async ({ socket, ben, channel, direct }) => {
    const watch = { type: 'watch', userIds: [ben.id], conversationIds: [channel], typingIn: [direct] } as const;
    expect(await socket.request(watch)).toMatchObject({ type: 'presence' });
  },
  send: async ({ socket, direct, ana }) => {
    const send = { type: 'send', conversationId: direct, clientMessageId: 'third', text: 'by a socket' } as const;
    const ack = await answerOf(socket, send);
    expect(ack).toMatchObject({ type: 'ack', clientMessageId: 'third' });
    const entry = await socket.next('entry', (frame) => frame.entry.conversationId === direct);
    expect(entry.entry).toMatchObject({ senderId: ana.id, text: 'by a socket' });
  },
  amend: async ({ socket, direct }) => {
    const change = { kind: 'delete' } as const;
    const amend = { type: 'amend', conversationId: direct, seq: 2, amendmentId: 'delete', change } as const;
    expect(await answerOf(socket, amend)).toMatchObject({ type: 'amend_ack', seq: 2, revision: 4 });
  },
  changes: async ({ socket, direct }) => {
    const changes = await socket.request({ type: 'changes', conversationId: direct, after: 0 });
    expect(changes).toMatchObject({ type: 'changes', entries: [{ seq: 2, revision: 4 }] });
  },
  history: async ({ socket, direct }) => {
    expect(await socket.request({ type: 'history', conversationId: direct })).toMatchObject({ type: 'history' });
  },
  catch_up: async ({ socket, direct, channel }) => {
    const ranges = [direct, channel].map((conversationId) => ({ conversationId, after: 0 }));
    const answer = await socket.request({ type: 'catch_up', ranges });
    expect(answer).toMatchObject({
      type: 'catch_up',
      pages: [{ conversationId: direct }, { conversationId: channel }],
    });
  },
  read: async ({ socket, direct }) => {
    const read = await socket.request({ type: 'read', conversationId: direct, seq: 2 });
    expect(read).toMatchObject({ type: 'read', seq: 2 });
  },
  unread: async ({ socket, direct }) => {
    const mark = { type: 'unread', conversationId: direct, seq: 2, readSeq: 2, readVersion: 0 } as const;
    expect(await socket.request(mark)).toMatchObject({ type: 'read', seq: 1, readVersion: 1 });
  },
  features: async ({ socket }) => {
    await answersNothing(socket, { type: 'features', features: [] });
  },
  typing: async ({ socket, direct }) => {
    await answersNothing(socket, { type: 'typing', conversationId: direct });
  },
};

/** The answer to a frame, which is sent again while the server is overloaded, as clients do. */
function answerOf(socket: WireClient, frame: Parameters<WireClient['request']>[0]): Promise<ServerFrame> {
  return retriedWhileOverloaded(async () => {
    const answer = await socket.request(frame);
    if (answer.type !== 'error') return answer;
    throw new ParleyError(answer.code, answer.message, null, [], answer.retryAfterMs ?? null);
  });
}

/** Sends a frame to which only errors are answered, and expects none. */
async function answersNothing(socket: WireClient, frame: ClientFrame): Promise<void> {
  const errorsBefore = socket.of('error').length;
  socket.send(frame);
  await socket.request({ type: 'ping' });
  expect(socket.of('error').slice(errorsBefore)).toEqual([]);
}
