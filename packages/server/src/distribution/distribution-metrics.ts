/** What distribution tells about itself. */
export interface DistributionMetrics {
  /** One batch went all the way: committed, then routed. */
  batchDone(batch: {
    commands: number;
    entries: number;
    /** Copies of those entries, one for each server that has somebody for one. */
    copies: number;
    commitMs: number;
    routeMs: number;
  }): void;
  /** One command could not be decided and was put out of the way. */
  commandSetAside(): void;
}
