import type { ConversationId, UserId } from '@parley/protocol';
import { Refusal } from '../platform/failures.ts';
import { type ConversationHead, isMember, type Participant } from './conversation.ts';
import type { ConversationStore, Epoch } from './conversations-port.ts';

/** Somebody's membership in a conversation that exists. */
export interface Membership {
  head: ConversationHead;
  participant: Participant & { leftSeq: null };
  epoch: Epoch;
}

type Reads = Pick<ConversationStore, 'headAndParticipant' | 'readPositions'>;

/** The answer for a conversation that is missing, and for one that the user may not know of. */
export function noSuchConversation(): Refusal {
  return new Refusal('not_found', noSuchConversationDetail);
}

export const noSuchConversationDetail = 'There is no such conversation, or you are not a member of it.';

/**
 * What a member may know of their membership. Throws {@link Refusal} `not_found` for everybody else. Whatever is
 * numbered up to the head can be read after it.
 */
export async function membershipOf(store: Reads, userId: UserId, conversationId: ConversationId): Promise<Membership> {
  const { head, participant, epoch } = (await store.headAndParticipant(conversationId, userId)) ?? {};
  if (!head || !isMember(participant) || (await isHiddenFrom(store, userId, head))) throw noSuchConversation();
  return { head, participant, epoch };
}

/**
 * Whether a direct conversation is not to be known to this member: the other person opened it, nobody wrote yet, and
 * this one has not opened it. Its id can be derived, so asking for it must not tell that somebody was about to write.
 * Opening a conversation gives a read position, see `Conversations.openDirect`.
 */
export async function isHiddenFrom(
  store: Pick<ConversationStore, 'readPositions'>,
  userId: UserId,
  head: ConversationHead,
): Promise<boolean> {
  if (head.kind !== 'direct' || head.messageCount > 0 || head.createdBy === userId) return false;
  return !(await store.readPositions(head.id, [userId])).has(userId);
}
