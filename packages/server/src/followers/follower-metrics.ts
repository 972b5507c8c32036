/** The events of a follower that are counted. */
export interface FollowerMetrics {
  /** The follower could not apply a record and set it aside. */
  setAside(): void;
  /** The follower built a partition from the stores. */
  rebuilt(): void;
}

export const noFollowerMetrics: FollowerMetrics = { setAside: () => undefined, rebuilt: () => undefined };
