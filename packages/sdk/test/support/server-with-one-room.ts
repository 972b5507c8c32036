import { expect } from 'bun:test';
import { MemoryStore, ParleyClient } from '../../src/index.ts';
import { ana, conversation, message, messages, roomId } from './entries.ts';
import { FakeRuntime } from './fake-runtime.ts';
import { welcome } from './frames.ts';
import { idle } from './idle.ts';

/** A server with one conversation and a history that the test sets. */
export class ServerWithOneRoom {
  readonly runtime = new FakeRuntime();
  entries = messages(1, 20);
  epoch: string | undefined = 'first';
  userEpoch: string | undefined = 'first';
  features: string[] | undefined;
  isCatchingUp = false;
  /** The number of requests for a page after the end. */
  asked = 0;

  constructor() {
    this.runtime.answer = (url) => this.answer(url);
  }

  get room() {
    const epoch = this.epoch === undefined ? {} : { epoch: this.epoch };
    return conversation(this.entries.length, { lastMessage: this.entries.at(-1) ?? null, ...epoch });
  }

  async accept(): Promise<void> {
    const socket = this.runtime.socket;
    socket.open();
    const epoch = this.userEpoch === undefined ? {} : { epoch: this.userEpoch };
    socket.say({ ...welcome([this.room], null, undefined, this.features), ...epoch });
    await idle();
  }

  /** Closes the connection and accepts the next one. */
  async reconnect(): Promise<void> {
    this.runtime.socket.end(1006);
    await this.nextSocket();
    await this.accept();
  }

  /** Lets time pass until the client has opened another connection. */
  async nextSocket(): Promise<void> {
    await this.runtime.untilReopened();
  }

  private answer(url: URL): Response {
    if (url.pathname.endsWith('/history') && url.searchParams.has('after')) this.asked++;
    if (!url.pathname.endsWith('/history')) return Response.json(this.room);
    const headSeq = this.entries.length;
    const after = Number(url.searchParams.get('after') ?? 0);
    const page = {
      ...{ conversationId: roomId, entries: this.entries.slice(after), headSeq, visibleFromSeq: 1 },
      ...(this.epoch === undefined ? {} : { epoch: this.epoch }),
      ...(this.isCatchingUp && after > headSeq ? { catchingUp: true } : {}),
    };
    return Response.json(page);
  }
}

export async function connected(server: ServerWithOneRoom): Promise<ParleyClient> {
  const store = new MemoryStore();
  await store.setSession({ token: 'secret', account: ana });
  const client = new ParleyClient({ url: 'https://chat.example', store, runtime: server.runtime });
  await client.resume();
  client.connect();
  await server.accept();
  expect(client.state.name).toBe('live');
  // The client stores the entries that it shows.
  for (let seq = 21; seq <= 30; seq++) {
    const entry = message(seq);
    server.entries = [...server.entries, entry];
    server.runtime.socket.say({ type: 'entry', entry });
  }
  await idle();
  return client;
}

/** The first 25 messages, which were there at the time of the backup, and others. */
export const lostAndOther = (count: number) => messages(1, 25).concat(others(26, count));
const others = (fromSeq: number, count: number) =>
  Array.from({ length: count }, (_, index) =>
    message(fromSeq + index, { clientMessageId: `other-${index}`, text: `other ${index}`, atMs: 1_000 + index }),
  );
