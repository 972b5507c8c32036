import type { Clock } from '../platform/clock.ts';
import { pause } from '../platform/waiting.ts';
import type { Connection } from './connection.ts';

/** Time that clients have after `goaway` to finish their requests. */
const farewellMs = 250;

/** Connections closed in one step. There is one step per tick, so that the others are still served. */
const closesPerStep = 500;

interface DrainOptions {
  spreadMs: number;
  /** Resolves when all requests under way have been answered. */
  finish(): Promise<void>;
  clock: Clock;
}

/**
 * Sends `goaway` to every connection, with delays spread over `spreadMs` so that clients do not reconnect all at once,
 * then closes the connections. Resolves when the last one was told to close.
 */
export async function drain(connections: readonly Connection[], options: DrainOptions): Promise<void> {
  const { spreadMs, finish, clock } = options;
  if (connections.length === 0) return;
  for (const [index, connection] of connections.entries()) {
    connection.send({ type: 'goaway', delayMs: Math.round((spreadMs * index) / connections.length) });
  }
  await pause(clock, farewellMs);
  await finish();
  for (let from = 0; from < connections.length; from += closesPerStep) {
    for (const connection of connections.slice(from, from + closesPerStep)) connection.close('goaway');
    await pause(clock, 1);
  }
}
