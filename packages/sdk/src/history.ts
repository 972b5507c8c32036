import { Entry, type MessageEntry, parseAnswer } from '@parley/protocol';

/** The entries to get: the newest, or those before, after or around a number. */
export interface HistoryRange {
  before?: number;
  after?: number;
  around?: number;
  limit?: number;
  /** `store`: only from the store. Absent: from the server if it can be reached. */
  from?: 'store';
}

/** Numbers whose entries are not in the store. */
export interface Gap {
  fromSeq: number;
  toSeq: number;
}

/** A page of entries. */
export interface History {
  /** Ascending. */
  entries: Entry[];
  /** The first number that the user may see. */
  visibleFromSeq: number;
  /** Messages to which entries of the page reply, if they are not on the page. */
  quoted?: MessageEntry[] | undefined;
  source: 'server' | 'store';
  /** Requested ranges that are not in the store, ascending. Empty if `source` is `server`. */
  gaps: Gap[];
}

/** The ranges between `fromSeq` and `toSeq` without entries. */
export function gapsIn(entries: readonly Entry[], fromSeq: number, toSeq: number): Gap[] {
  const gaps: Gap[] = [];
  let next = fromSeq;
  for (const { seq } of [...entries, { seq: toSeq + 1 }]) {
    if (seq > next) gaps.push({ fromSeq: next, toSeq: seq - 1 });
    next = seq + 1;
  }
  return gaps;
}

/**
 * Parses a stored entry, which another version of the client may have stored. Returns an empty array if the original is
 * not in the store; the server has it.
 */
export function understood(entry: Entry): Entry | [] {
  return parseAnswer(Entry, entry.kind === 'later' ? entry.original : entry) ?? [];
}
