/** What a follower tells about itself. */
export interface FollowerMetrics {
  /** A record could not be applied, and was passed over. */
  setAside(): void;
  /** A partition was built from the stores. */
  rebuilt(): void;
}

export const noFollowerMetrics: FollowerMetrics = { setAside: () => undefined, rebuilt: () => undefined };
