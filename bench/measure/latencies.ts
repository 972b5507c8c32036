import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';

const hourUs = 3_600_000_000;

function newHistogram(): Histogram {
  return build({ highestTrackableValue: hourUs, numberOfSignificantValueDigits: 3, bitBucketSize: 32 });
}

/** Durations in a histogram of three significant digits, from a microsecond to an hour. */
export class Latencies {
  constructor(private readonly histogram = newHistogram()) {}

  add(durationMs: number): void {
    this.histogram.recordValue(Math.min(hourUs, Math.max(1, Math.round(durationMs * 1_000))));
  }

  get count(): number {
    return this.histogram.totalCount;
  }

  /** Milliseconds; 0 without a duration. */
  percentile(percent: number): number {
    return this.count === 0 ? 0 : this.histogram.getValueAtPercentile(percent) / 1_000;
  }

  merge(other: Latencies): void {
    this.histogram.add(other.histogram);
  }

  encode(): string {
    return encodeIntoCompressedBase64(this.histogram);
  }
}

/** One histogram of those of several processes. */
export function mergedLatencies(encoded: readonly string[]): Latencies {
  const merged = new Latencies();
  for (const each of encoded) merged.merge(new Latencies(decodeFromCompressedBase64(each, 32)));
  return merged;
}
