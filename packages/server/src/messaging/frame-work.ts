import { type ClientFrame, limits } from '@parley/protocol';

/** The work units that a frame's request costs, besides parsing the frame. */
export function frameUnits(frame: ClientFrame): number {
  switch (frame.type) {
    case 'ping':
    case 'features':
      return 0;
    case 'hello':
      return 16;
    case 'history':
      return 16 + (frame.limit ?? limits.historyPageSize) / 4;
    case 'watch':
      return 4 + (frame.userIds.length + (frame.conversationIds?.length ?? 0)) / 4;
    case 'send':
    case 'typing':
    case 'read':
      return 4;
  }
}
