import { Entry, parseAnswer } from '@parley/protocol';

/** Which entries are asked for: the newest, or those before, after or around a number. */
export interface HistoryRange {
  before?: number;
  after?: number;
  around?: number;
  limit?: number;
  /** `store`: only what is stored here, at once. Absent: from the server, if it can be reached. */
  from?: 'store';
}

/** Numbers that exist, whose entries are not here. */
export interface Gap {
  fromSeq: number;
  toSeq: number;
}

/** A page of entries. */
export interface History {
  /** Ascending. */
  entries: Entry[];
  /** The first number that one may see. */
  visibleFromSeq: number;
  source: 'server' | 'store';
  /** Ranges that were asked for and are not stored; empty when `source` is `server`. Ascending. */
  gaps: Gap[];
}

/** The ranges between `fromSeq` and `toSeq` that have no entry here. */
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
 * A stored entry as this version of the client reads it; another one may have stored it. Nothing for one whose original
 * was not stored, which the server has.
 */
export function understood(entry: Entry): Entry | [] {
  return parseAnswer(Entry, entry.kind === 'later' ? entry.original : entry) ?? [];
}
