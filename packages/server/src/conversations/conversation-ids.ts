import type { ConversationId, UserId } from '@parley/protocol';
import { derivedUuid } from '../platform/ids.ts';

/** The id of a direct conversation is derived from its two users, so both may open it at the same time (race 10). */
export function directConversationId(one: UserId, other: UserId): ConversationId {
  const [first, second] = one < other ? [one, other] : [other, one];
  return derivedUuid('direct', first, second);
}

/**
 * The id of a conversation that was requested with a client request id; a repeated request gets the same conversation.
 */
export function requestedConversationId(creator: UserId, clientRequestId: string): ConversationId {
  return derivedUuid('created', creator, clientRequestId);
}
