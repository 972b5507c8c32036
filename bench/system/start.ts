import { startCluster } from './cluster.ts';
import { startEmbedded } from './embedded.ts';
import type { Shape, StoringSystem } from './system.ts';

/** Starts Parley for this many people. Each sync to disk takes `fsyncMs` longer in an embedded one. */
export async function startParley(shape: Shape, people: number, fsyncMs = 0): Promise<StoringSystem> {
  return shape === 'embedded' ? startEmbedded(people, { fsyncMs }) : startCluster(people);
}

interface Stoppable {
  stop(): Promise<void>;
}

/** Uses what was started, and stops it in any case. */
export async function using<Started extends Stoppable, Result>(
  starting: Promise<Started>,
  use: (started: Started) => Promise<Result>,
): Promise<Result> {
  const started = await starting;
  try {
    return await use(started);
  } finally {
    await started.stop();
  }
}
