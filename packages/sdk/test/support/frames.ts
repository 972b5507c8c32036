import type { Conversation, ServerFrameOf } from '@parley/protocol';
import { ana } from './entries.ts';

export function welcome(
  conversations: Conversation[] = [],
  nextCursor: string | null = null,
  readRevision?: number,
  features?: string[],
): ServerFrameOf<'welcome'> {
  return {
    type: 'welcome',
    account: ana,
    sessionId: '01900000-0000-7000-8000-0000000000ff',
    serverTimeMs: 1,
    homepage: { conversations, left: [], nextCursor },
    ...(readRevision === undefined ? {} : { readRevision }),
    ...(features && { features }),
  };
}
