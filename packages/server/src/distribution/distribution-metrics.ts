/** What distribution tells about itself. */
export interface DistributionMetrics {
  /** One batch went all the way: committed, then routed. */
  batchDone(batch: { commands: number; entries: number; commitMs: number; routeMs: number }): void;
}
