import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { fuzzed } from '../../../server/test/fuzz/parameters.ts';
import { MemoryStore, type OutgoingMessage, type ParleyClient } from '../../src/index.ts';
import { otherRoomId, roomId } from '../support/entries.ts';
import { idle } from '../support/idle.ts';
import { SimulatedServer } from './simulated-server.ts';

const rooms = [roomId, otherRoomId] as const;
const room = fc.constantFrom(...rooms);
const few = fc.integer({ min: 1, max: 4 });

/** What the user, other people, the network and the machine do. */
const steps = fc.oneof(
  fc.record({ kind: fc.constant('send' as const), room }),
  fc.record({ kind: fc.constant('others write' as const), room, count: few }),
  fc.record({ kind: fc.constant('frames arrive at the server' as const), count: few }),
  fc.record({ kind: fc.constant('frames arrive at the client' as const), count: few }),
  fc.record({ kind: fc.constant('a frame arrives twice' as const) }),
  fc.record({ kind: fc.constant('a frame is delayed' as const) }),
  fc.record({ kind: fc.constant('frames are lost' as const), count: few }),
  fc.record({ kind: fc.constant('the connection is cut' as const) }),
  fc.record({ kind: fc.constant('the client reconnects' as const) }),
  fc.record({ kind: fc.constant('time passes' as const), seconds: fc.integer({ min: 1, max: 15 }) }),
  fc.record({ kind: fc.constant('the program starts again' as const) }),
);
type Step = typeof steps extends fc.Arbitrary<infer Value> ? Value : never;

/** The model: what the user wrote, and what was shown of each conversation, over all runs of the program. */
class User {
  readonly server = new SimulatedServer(rooms);
  readonly written = new Map<string, string[]>(rooms.map((each) => [each, []]));
  readonly shown = new Map<string, number[]>(rooms.map((each) => [each, []]));
  readonly receipts: { text: string; seq: number; room: string }[] = [];
  private readonly store = new MemoryStore();
  private client: ParleyClient | null = null;
  private count = 0;

  /** Starts the program, which connects when the server accepts it. */
  async start(): Promise<void> {
    this.client?.close();
    await idle();
    this.server.cut();
    const client = await this.server.api.client(this.store);
    this.client = client;
    client.on('entry', ({ conversationId, seq }) => this.shown.get(conversationId)?.push(seq));
    client.on('skipped', ({ fromSeq, toSeq }) => {
      throw new Error(`entries ${fromSeq} to ${toSeq} were left out`);
    });
    client.connect();
    await idle();
  }

  get current(): ParleyClient {
    if (!this.client) throw new Error('the program was not started');
    return this.client;
  }

  async take(step: Step): Promise<void> {
    const { server } = this;
    switch (step.kind) {
      case 'send':
        this.send(step.room);
        break;
      case 'others write':
        server.write(step.room, step.count);
        break;
      case 'frames arrive at the server':
        server.arriveAtServer(step.count);
        break;
      case 'frames arrive at the client':
        server.arriveAtClient(step.count);
        break;
      case 'a frame arrives twice':
        server.repeat();
        break;
      case 'a frame is delayed':
        server.delay();
        break;
      case 'frames are lost':
        server.lose(step.count);
        break;
      case 'the connection is cut':
        server.cut();
        break;
      case 'the client reconnects':
        await server.accept();
        break;
      case 'time passes':
        await server.api.runtime.pass(step.seconds * 1_000);
        break;
      case 'the program starts again':
        await this.start();
    }
    await idle();
  }

  private send(conversationId: string): void {
    const text = `own ${++this.count}`;
    const message = this.current.conversations.get(conversationId)?.send(text);
    if (!message) return;
    this.written.get(conversationId)?.push(text);
    message.sent().then(
      ({ seq }) => this.receipts.push({ text, seq, room: conversationId }),
      () => undefined,
    );
  }

  /** The connection works from now on; everything arrives. */
  async settle(): Promise<void> {
    this.server.cut();
    for (let round = 0; round < 40 && (round < 3 || this.waiting.length > 0); round++) {
      await this.server.accept();
      this.server.arriveAtServer(100);
      await idle();
      this.server.arriveAtClient(100);
      await idle();
      await this.server.api.runtime.pass(1_000);
    }
  }

  get waiting(): OutgoingMessage[] {
    return rooms.flatMap((each) => this.current.conversations.get(each)?.outbox ?? []);
  }
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}

test('whatever the network loses, repeats, delays and cuts, the contract holds for the user', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 60 }), async (taken) => {
      const user = new User();
      await user.start();
      await user.server.accept();
      for (const step of taken) await user.take(step);
      await user.settle();
      expect(user.waiting.map(({ text, status }) => `${text} ${status}`)).toEqual([]);
      for (const each of rooms) {
        const own = user.server.own(each);
        // Contract 2: each message is in the log once, in the order in which it was written.
        expect(own.map(({ text }) => text)).toEqual(user.written.get(each) ?? []);
        // Contract 3, 4 and 5: every entry after those of the first snapshot was shown once, in order.
        expect(user.shown.get(each)).toEqual(numbers(2, user.server.api.log(each).length));
        // Contract 6: the state is that of the log.
        expect(user.current.conversations.get(each)?.data.headSeq).toBe(user.server.api.log(each).length);
      }
      // Contract 1: a receipt has the number that the message has in the log.
      for (const { text, seq, room: each } of user.receipts) {
        expect(user.server.own(each).find((message) => message.seq === seq)?.text).toBe(text);
      }
      user.current.close();
    }),
    fuzzed(150),
  );
});
