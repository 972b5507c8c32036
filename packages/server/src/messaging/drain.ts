import type { Clock } from '../platform/clock.ts';
import { pause } from '../platform/waiting.ts';
import type { Connection } from './connection.ts';

/** Clients have this long after `goaway` to finish what they have under way. */
const farewellMs = 250;

/** Connections closed in one step; a step a tick keeps the others served. */
const closesPerStep = 500;

interface DrainOptions {
  spreadMs: number;
  /** Resolves when what is under way has been answered. */
  finish(): Promise<void>;
  clock: Clock;
}

/**
 * Tells every connection to come back after a delay of its own, spread over `spreadMs`, so that they don't all come at
 * once, then closes them. Resolves when the last was told to close.
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
