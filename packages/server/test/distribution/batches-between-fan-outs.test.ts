import { expect, test } from 'bun:test';
import { MemoryCommandLog } from '../../src/adapters/memory/command-log.ts';
import type { CommandRecord } from '../../src/distribution/command-log-port.ts';
import { FakeClock } from '../support/fake-clock.ts';

const inFlight = 10;
const messages = 200;
/** The write of published entries to all sockets takes longer than the interval of batches. */
const fanOutMs = 100;
/** A turn on a busy machine takes longer, too. */
const turnMs = 5;

test(`with ${inFlight} messages under way to many sockets, they are decided and written together`, async () => {
  const loop = new EventLoop();
  const log = new MemoryCommandLog(new FakeClock(), fail, (run) => loop.immediates.push(run), loop.pace);
  const consumer = await log.consume(async ({ records }) => {
    await loop.commit();
    loop.published += records.length;
  });
  let sent = 0;
  const send = (count: number) => {
    for (const end = Math.min(messages, sent + count); sent < end; sent++) void log.append(record(sent));
  };
  // A client that has received an entry sends the next message; the last one is read a turn later.
  let late = 0;
  loop.read = (written) => {
    send(late);
    late = Math.min(written, 1);
    send(written - late);
  };
  send(inFlight);
  for (let turns = 0; loop.writtenTotal < messages; turns++) {
    expect(turns).toBeLessThan(10 * messages);
    await loop.turn();
  }
  // The first are not together, and one may be late each time.
  expect(loop.fanOuts.length).toBeLessThanOrEqual(messages / (inFlight - 1) + 2);
  const closed = consumer.close();
  await settled();
  await loop.turn();
  await closed;
});

/**
 * The order of Bun's event loop: callbacks of `setImmediate`, writing what was published, reading sockets, and last what
 * other threads have finished.
 */
class EventLoop {
  readonly immediates: (() => void)[] = [];
  readonly pace = new FakeClock();
  /** Published entries that are not written yet. */
  published = 0;
  /** The number of entries of each write to all sockets. */
  readonly fanOuts: number[] = [];
  /** The sockets are read after this many entries were written to each of the clients. */
  read: (written: number) => void = () => undefined;
  private syncs: (() => void)[] = [];

  get writtenTotal(): number {
    return this.fanOuts.reduce((sum, size) => sum + size, 0);
  }

  async turn(): Promise<void> {
    for (const run of this.immediates.splice(0)) run();
    await settled();
    this.pace.advance(turnMs);
    const written = this.published;
    this.published = 0;
    if (written > 0) {
      this.fanOuts.push(written);
      this.pace.advance(fanOutMs);
    }
    this.read(written);
    await settled();
    for (const done of this.syncs.splice(0)) done();
    await settled();
  }

  /** A transaction, which is committed after this turn, and its sync to disk on another thread. */
  async commit(): Promise<void> {
    await new Promise<void>((resolve) => this.immediates.push(resolve));
    await new Promise<void>((resolve) => this.syncs.push(resolve));
  }
}

/** Resolves when all promises that can settle have settled. */
async function settled(): Promise<void> {
  for (let step = 0; step < 50; step++) await Promise.resolve();
}

function record(index: number): CommandRecord {
  return {
    command: { kind: 'join', conversationId: 'conversation', actorId: 'somebody', commandId: `command ${index}` },
    replyTo: { serverId: 'server', requestId: `request ${index}` },
  };
}

function fail(error: unknown): never {
  throw error;
}
