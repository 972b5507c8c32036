import type { ConversationId, UserId } from '@parley/protocol';
import { Refusal } from '../platform/failures.ts';
import { type ConversationHead, isMember, type Participant } from './conversation.ts';
import type { ConversationStore, Epoch } from './conversations-port.ts';

/** A user's membership in an existing conversation. */
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
 * The membership of a user. Throws {@link Refusal} `not_found` for users who are not members. All entries up to the
 * head can be read after this resolves.
 */
export async function membershipOf(store: Reads, userId: UserId, conversationId: ConversationId): Promise<Membership> {
  const { head, participant, epoch } = (await store.headAndParticipant(conversationId, userId)) ?? {};
  if (!head || !isMember(participant) || (await isHiddenFrom(store, userId, head))) throw noSuchConversation();
  return { head, participant, epoch };
}

/**
 * Whether a direct conversation must stay hidden from this member: the other user opened it, it has no messages, and
 * this user has not opened it. Its id can be derived, so a request for it must not reveal that the other user was about
 * to write. Opening a conversation creates a read position, see `Conversations.openDirect`.
 */
export async function isHiddenFrom(
  store: Pick<ConversationStore, 'readPositions'>,
  userId: UserId,
  head: ConversationHead,
): Promise<boolean> {
  if (head.kind !== 'direct' || head.messageCount > 0 || head.createdBy === userId) return false;
  return !(await store.readPositions(head.id, [userId])).has(userId);
}
