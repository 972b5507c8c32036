/** How far a user has read a conversation. */
export interface ReadPoint {
  /** The number of the last entry that was read. */
  seq: number;
  /** How often the user has marked the conversation as unread. */
  version: number;
}

/** The order of read positions: by version, then by number. Marking as unread makes a later one with a smaller number. */
export function isLaterThan(a: ReadPoint, b: ReadPoint): boolean {
  return a.version === b.version ? a.seq > b.seq : a.version > b.version;
}
