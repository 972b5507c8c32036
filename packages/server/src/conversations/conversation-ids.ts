import type { ConversationId, UserId } from '@parley/protocol';
import { derivedUuid } from '../platform/ids.ts';

/** A direct conversation's id follows from its two people, so both may begin it at once (race 10). */
export function directConversationId(one: UserId, other: UserId): ConversationId {
  const [first, second] = one < other ? [one, other] : [other, one];
  return derivedUuid('direct', first, second);
}

/** The id of a conversation that its creator asked for under an id of the client's: asking again finds it. */
export function requestedConversationId(creator: UserId, clientRequestId: string): ConversationId {
  return derivedUuid('created', creator, clientRequestId);
}
