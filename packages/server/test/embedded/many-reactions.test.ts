import { afterAll, beforeAll, expect, test } from 'bun:test';
import { limits, type ServerFrame, subprotocol } from '@parley/protocol';
import { type Person, RunningServer } from '../support/running-server.ts';
import { until } from '../support/until.ts';

const online = 2_000;
const reactions = 5_000;
const connectingAtOnce = 50;
/** Reactions on their way: a busy server refuses more than it can carry out in time. */
const inFlight = 200;
const emojis = ['👍', '🎉', '❤️'] as const;

/** A socket of a member, which counts the frames `amended`. */
class MemberSocket {
  frames = 0;
  /** The last frame `amended`. It is not parsed at once, because the server of this process needs the time. */
  last = '';
  lastFrameMs = 0;
  private readonly socket: WebSocket;
  private readonly heartbeat: Timer;
  private readonly isReady = Promise.withResolvers<void>();
  private readonly lost = Promise.withResolvers<never>();
  private answer: (frame: ServerFrame) => void = () => undefined;

  constructor(url: string, token: string) {
    this.socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/socket`, subprotocol);
    this.socket.onopen = () => this.send({ type: 'hello', token });
    this.socket.onmessage = ({ data }) => this.take(String(data));
    this.socket.onclose = ({ code, reason }) => this.lost.reject(new Error(`closed with ${code} ${reason}`));
    this.lost.promise.catch(() => undefined);
    this.heartbeat = setInterval(() => this.send({ type: 'ping' }), limits.heartbeatMs);
  }

  /** Resolves when the server has the features of this client. */
  get ready(): Promise<void> {
    return Promise.race([this.isReady.promise, this.lost.promise]);
  }

  /** Resolves when the server has the reaction. */
  async react(conversationId: string, seq: number, emoji: string): Promise<void> {
    while (true) {
      const { promise, resolve } = Promise.withResolvers<ServerFrame>();
      this.answer = resolve;
      const change = { kind: 'react', emoji, set: true };
      this.send({ type: 'amend', id: 'react', conversationId, seq, amendmentId: Bun.randomUUIDv7(), change });
      const answer = await Promise.race([promise, this.lost.promise]);
      if (answer.type === 'amend_ack') return;
      if (answer.type !== 'error' || answer.code !== 'overloaded') throw new Error(JSON.stringify(answer));
      await Bun.sleep(answer.retryAfterMs ?? 1_000);
    }
  }

  has(revision: number): boolean {
    return this.last.slice(0, 200).includes(`"revision":${revision},`);
  }

  close(): void {
    clearInterval(this.heartbeat);
    this.socket.close();
  }

  private send(frame: object): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  private take(text: string): void {
    if (text.startsWith('{"type":"amended"')) {
      this.frames++;
      this.lastFrameMs = performance.now();
      this.last = text;
      return;
    }
    const frame = JSON.parse(text) as ServerFrame;
    if (frame.type === 'welcome') {
      this.send({ type: 'features', features: ['amendments'] });
      this.send({ type: 'ping' });
    } else if (frame.type === 'pong') this.isReady.resolve();
    else if (frame.type === 'amend_ack' || frame.type === 'error') this.answer(frame);
  }
}

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start({ 'max-connections-per-address': '5000' });
});
afterAll(() => server.stop());

async function channelOf(people: readonly Person[]): Promise<{ id: string; seq: number }> {
  const [owner, ...others] = people as [Person, ...Person[]];
  const { id } = await server.call(owner, 'createChannel', { name: 'everybody' });
  for (let from = 0; from < others.length; from += limits.membersPerRequest) {
    const userIds = others.slice(from, from + limits.membersPerRequest).map(({ account }) => account.id);
    await server.call(owner, 'addMembers', { conversationId: id, userIds });
  }
  const message = { conversationId: id, clientMessageId: 'm', text: 'react to this' };
  return { id, seq: (await server.call(owner, 'sendMessage', message)).seq };
}

async function connected(people: readonly Person[]): Promise<MemberSocket[]> {
  const sockets: MemberSocket[] = [];
  for (let from = 0; from < people.length; from += connectingAtOnce) {
    const some = people
      .slice(from, from + connectingAtOnce)
      .map(({ token }) => new MemberSocket(server.nextUrl(), token));
    await Promise.all(some.map(({ ready }) => ready));
    sockets.push(...some);
  }
  return sockets;
}

test('5,000 reactions to one message of a channel are at most two frames a second for each of 2,000 sockets, and the last count is right everywhere', async () => {
  const people = await server.people('member', online);
  const { id, seq } = await channelOf(people);
  const sockets = await connected(people);
  // The first sockets react three times and the others twice.
  const threefold = reactions - 2 * online;
  const waiting = emojis.flatMap((emoji, index) =>
    sockets.slice(0, index < 2 ? online : threefold).map((socket) => ({ socket, emoji })),
  );
  const startMs = performance.now();
  const reactInTurn = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await next.socket.react(id, seq, next.emoji);
  };
  await Promise.all(Array.from({ length: inFlight }, reactInTurn));
  const isLast = () => sockets.every((socket) => socket.has(reactions));
  await until('every socket has the last frame', isLast, { withinMs: 200_000, pauseMs: 50 });

  const expected = [online, online, threefold].map((count, index) => ({ emoji: emojis[index] ?? '', count }));
  const byEmoji = (list: readonly { emoji: string; count: number }[] = []) =>
    new Map(list.map((each) => [each.emoji, each.count]));
  for (const { last, frames, lastFrameMs } of sockets) {
    expect(byEmoji(JSON.parse(last).entries[0].reactions)).toEqual(byEmoji(expected));
    // One at once, and one each half second: the interval is the server's, so a slow machine only takes longer.
    expect(frames).toBeLessThanOrEqual(1 + Math.ceil((lastFrameMs - startMs) / limits.amendedIntervalMs));
  }
  const { entries } = await server.call(people[0] as Person, 'getHistory', { conversationId: id, after: seq - 1 });
  const [message] = entries;
  expect(byEmoji(message?.kind === 'message' ? message.reactions : [])).toEqual(byEmoji(expected));
  for (const socket of sockets) socket.close();
});
