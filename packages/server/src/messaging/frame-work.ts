import { type ClientFrame, type ClientFrameOf, limits } from '@parley/protocol';

/** The work units that it takes to read this many entries and to encode them. */
function entryUnits(entries: number): number {
  return entries / 4;
}

/**
 * The work units that a frame's request costs, besides parsing the frame. They are taken before the request is carried
 * out, so they count what it may read: requests that arrive together would otherwise all be admitted to one turn.
 */
export function frameUnits(frame: ClientFrame): number {
  switch (frame.type) {
    case 'ping':
    case 'features':
      return 0;
    case 'hello':
      return 16;
    case 'history':
      return 16 + entryUnits(frame.limit ?? limits.historyPageSize);
    case 'catch_up':
      return 16 + frame.ranges.length / 4 + entryUnits(catchUpEntries(frame));
    case 'changes':
      return 16 + entryUnits(frame.limit ?? limits.changesPageSize);
    case 'watch':
      return 4 + (frame.userIds.length + (frame.conversationIds?.length ?? 0)) / 4;
    case 'send':
    case 'amend':
    case 'typing':
    case 'read':
    case 'unread':
      return 4;
  }
}

/** The number of entries that the response may have. */
function catchUpEntries({ ranges }: ClientFrameOf<'catch_up'>): number {
  const wanted = ranges.reduce((sum, { limit = limits.historyPageMax }) => sum + limit, 0);
  return Math.min(limits.catchUpEntries, wanted);
}
