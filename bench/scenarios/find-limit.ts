import type { Measured, OpenLoad } from './open-load.ts';

export const startRate = 1_000;
const rateMax = 200_000;
const bisections = 4;
const p99MaxMs = 100;

/** The highest rate that is carried: every message is acknowledged, at a p99 of at most 100 ms. Null if none is. */
export async function findLimit(load: OpenLoad, seconds: number): Promise<Measured | null> {
  let carried: Measured | null = null;
  let tooMuch = startRate;
  for (; tooMuch <= rateMax; tooMuch *= 2) {
    const figures = await load.run(tooMuch, seconds);
    if (!isCarried(figures)) break;
    carried = figures;
  }
  for (let step = 0; carried && step < bisections; step++) {
    const rate = Math.round((carried.rate + tooMuch) / 200) * 100;
    const figures = await load.run(rate, seconds);
    if (isCarried(figures)) carried = figures;
    else tooMuch = rate;
  }
  return carried;
}

export function isCarried({ refused, ack }: Measured): boolean {
  return refused === 0 && ack.percentile(99) <= p99MaxMs;
}
