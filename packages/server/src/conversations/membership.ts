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

export type MembershipReads = Pick<ConversationStore, 'headsAndParticipants' | 'withReadPosition'>;

const none: ReadonlySet<ConversationId> = new Set();

/** The answer for a conversation that is missing, and for one that the user may not know of. */
export function noSuchConversation(): Refusal {
  return new Refusal('not_found', noSuchConversationDetail);
}

export const noSuchConversationDetail = 'There is no such conversation, or you are not a member of it.';

/**
 * The membership of a user. Throws {@link Refusal} `not_found` for users who are not members. All entries up to the
 * head can be read after this resolves.
 */
export async function membershipOf(
  store: MembershipReads,
  userId: UserId,
  conversationId: ConversationId,
): Promise<Membership> {
  const membership = (await membershipsOf(store, userId, [conversationId])).get(conversationId);
  if (!membership) throw noSuchConversation();
  return membership;
}

/** The memberships of a user in these conversations, see {@link membershipOf}; others are missing. */
export async function membershipsOf(
  store: MembershipReads,
  userId: UserId,
  conversationIds: readonly ConversationId[],
): Promise<Map<ConversationId, Membership>> {
  const found = await store.headsAndParticipants(conversationIds, userId);
  const heads = Array.from(found.values(), ({ head }) => head);
  const hidden = await hiddenFrom(store, userId, heads);
  const memberships = new Map<ConversationId, Membership>();
  for (const [id, { head, participant, epoch }] of found) {
    if (isMember(participant) && !hidden.has(id)) memberships.set(id, { head, participant, epoch });
  }
  return memberships;
}

/**
 * Whether a direct conversation must stay hidden from this member: the other user opened it, it has no messages, and
 * this user has not opened it. Its id can be derived, so a request for it must not reveal that the other user was about
 * to write. Opening a conversation creates a read position, see `Conversations.openDirect`.
 */
export async function isHiddenFrom(
  store: Pick<ConversationStore, 'withReadPosition'>,
  userId: UserId,
  head: ConversationHead,
): Promise<boolean> {
  return (await hiddenFrom(store, userId, [head])).has(head.id);
}

/** Those of these conversations that are hidden, see {@link isHiddenFrom}. Most reads need no position. */
async function hiddenFrom(
  store: Pick<ConversationStore, 'withReadPosition'>,
  userId: UserId,
  heads: readonly ConversationHead[],
): Promise<ReadonlySet<ConversationId>> {
  const unused = heads
    .filter(({ kind, messageCount, createdBy }) => kind === 'direct' && messageCount === 0 && createdBy !== userId)
    .map(({ id }) => id);
  if (unused.length === 0) return none;
  return new Set(unused).difference(await store.withReadPosition(userId, unused));
}
