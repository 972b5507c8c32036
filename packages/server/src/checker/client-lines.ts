import type { Conversation, ErrorCode, ResponseOf } from '@parley/protocol';
import type { KnownConversation, NewLine } from './format.ts';

type WithoutClient<Line> = Line extends { client: string } ? Omit<Line, 'client'> : never;
/** A line of a client without what its recorder adds. */
export type ClientLine = WithoutClient<NewLine>;

export function knownConversation(conversation: Conversation): KnownConversation {
  const { id: conversationId, headSeq, revision, membership, lastMessage } = conversation;
  return {
    ...{ conversationId, headSeq, lastMessage },
    ...(revision !== undefined && { revision }),
    ...(membership && { visibleFromSeq: membership.visibleFromSeq, readSeq: membership.readSeq }),
  };
}

export function pageFields({ entries, headSeq, visibleFromSeq, revision, catchingUp }: ResponseOf<'getHistory'>) {
  return {
    ...{ entries, headSeq, visibleFromSeq },
    ...(revision !== undefined && { revision }),
    ...(catchingUp && { catchingUp }),
  };
}

export function changesFields({ entries, revision, complete, reread }: ResponseOf<'getChanges'>) {
  return { entries, revision, complete, ...(reread && { reread }) };
}

export function refusalFields({ code, retryAfterMs }: { code: ErrorCode; retryAfterMs?: number | undefined }) {
  return { code, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
