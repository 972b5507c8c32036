/** Keeps all durations, to compute exact percentiles. */
export class Latencies {
  private values: number[] = [];

  add(durationMs: number): void {
    this.values.push(durationMs);
  }

  clear(): void {
    this.values = [];
  }

  get count(): number {
    return this.values.length;
  }

  /** As "p50 1.2, p99 8.0, max 12.3 ms". */
  toString(): string {
    const sorted = Float64Array.from(this.values).sort();
    const at = (share: number) =>
      (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
    return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} ms`;
  }
}
