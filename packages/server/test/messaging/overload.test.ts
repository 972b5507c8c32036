import { beforeEach, describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { Connection } from '../../src/messaging/connection.ts';
import { Outbox } from '../../src/messaging/outbox.ts';
import { Overload, pauseMs, refusalsBeforePause } from '../../src/messaging/overload.ts';
import { Refusal } from '../../src/platform/failures.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { SilentSocket } from './silent-socket.ts';

const conversationId = '0199b5a4-0000-7000-8000-000000000001';
const refusal = new Refusal('overloaded', 'The server has more to do than it can do in time.', { retryAfterMs: 1_000 });

let written: string[];
let outbox: Outbox;
let connection: Connection;
let rests: number[];
let isBusy: boolean;
let overloaded: string[];
let overload: Overload;
beforeEach(() => {
  written = [];
  rests = [];
  isBusy = true;
  overloaded = [conversationId];
  outbox = new Outbox(() => undefined);
  const socket = Object.assign(new SilentSocket(), {
    send(text: string) {
      written.push(text);
      return true;
    },
  });
  connection = new Connection(socket, '192.0.2.1', new FakeClock(), outbox);
  overload = new Overload({
    submitter: {
      get isBusy() {
        return isBusy;
      },
      overload: (id) => (overloaded.includes(id) ? refusal : null),
    },
    rest: (_, durationMs) => void rests.push(durationMs),
  });
});

const send = { type: 'send', id: '1', conversationId, clientMessageId: 'm', text: 'hello' };
const refuses = (frame: object) => overload.refuses(connection, JSON.stringify(frame));
/** The answers so far. */
function answers(): unknown[] {
  outbox.flush();
  return written.map((text) => JSON.parse(text));
}

describe('a message that comes while the server is overloaded', () => {
  test('is answered under its id, with a time to retry', () => {
    expect(refuses(send)).toBe(true);
    const { code, message, more } = refusal;
    expect(answers()).toEqual([{ type: 'error', id: '1', code, message, ...more }]);
  });

  test('is read no further than its beginning: a text that is not JSON behind it does not matter', () => {
    const frame = `${JSON.stringify(send).slice(0, -2)}${'\\u00'.repeat(15_000)}`;
    expect(overload.refuses(connection, frame)).toBe(true);
  });

  test('is passed on when its conversation is in a partition that is not overloaded', () => {
    overloaded = [];
    expect(refuses(send)).toBe(false);
    expect(answers()).toEqual([]);
  });

  test('is passed on when its id cannot be repeated as it is, or is not at the beginning', () => {
    for (const id of ['', '"', '\\', 'é', '\n', 'x'.repeat(65)]) expect(refuses({ ...send, id })).toBe(false);
    const { id, ...others } = send;
    expect(refuses({ ...others, text: 'x'.repeat(300), id })).toBe(false);
    expect(answers()).toEqual([]);
  });
});

test('an answer has the id of the frame, never one from within its text', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(['id', 'conversationId', 'clientMessageId', 'text', 'x'], { minLength: 1 }),
      fc.string({
        unit: fc.constantFrom('"', '\\', ':', ',', 'id', '"id":"2"', '"conversationId":"', 'a'),
        maxLength: 12,
      }),
      fc.string({ minLength: 1, maxLength: 8 }),
      (keys, text, id) => {
        written = [];
        const values: Record<string, string> = { id, conversationId, clientMessageId: 'm', text, x: text };
        const frame = { type: 'send', ...Object.fromEntries(keys.map((key) => [key, values[key]])) };
        if (!refuses(frame)) return;
        outbox.flush();
        expect(written.map((answer) => JSON.parse(answer).id)).toEqual([id]);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('frames of other types, binary frames, and messages to a server that is not busy are passed on', () => {
  expect(refuses({ ...send, type: 'read' })).toBe(false);
  expect(overload.refuses(connection, Buffer.from(JSON.stringify(send)))).toBe(false);
  isBusy = false;
  expect(refuses(send)).toBe(false);
  expect(answers()).toEqual([]);
});

describe('a connection whose messages are refused', () => {
  test('is paused when it keeps sending, for a while that differs between connections', () => {
    for (let count = 1; count < refusalsBeforePause; count++) refuses(send);
    expect(rests).toEqual([]);
    for (let count = 0; count < 10; count++) refuses(send);
    for (const durationMs of rests) expect(durationMs).toBeWithin(pauseMs, 2 * pauseMs + 1);
    expect(new Set(rests).size).toBe(10);
  });

  test('is not paused again while it is paused', () => {
    connection.pause();
    for (let count = 0; count < 10; count++) refuses(send);
    expect(rests).toEqual([]);
  });

  test('is not paused when a message between was accepted', () => {
    for (let count = 0; count < 3 * refusalsBeforePause; count++) {
      refuses(send);
      connection.refusals = 0;
    }
    expect(rests).toEqual([]);
  });
});
