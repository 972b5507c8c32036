import {
  type ConversationId,
  type ConversationKind,
  type Entry,
  type EntryEffect,
  effectOf,
  type HistoryVisibility,
  limits,
  type Role,
  type UserId,
} from '@parley/protocol';
import {
  aheadMaxMs,
  type BanChange,
  type ConversationHead,
  isBroadcast,
  isMember,
  type Participant,
} from './conversation.ts';

/** One entry with the rows that it changes: the conversation's next head, participants and a ban. */
export interface Step {
  entry: Entry;
  head: ConversationHead;
  participants: Participant[];
  banChange: BanChange | null;
}

type NumberedFields = 'conversationId' | 'seq' | 'messageCount' | 'atMs' | 'senderId';
type WithoutNumber<Member> = Member extends Entry ? Omit<Member, NumberedFields> : never;
/** The fields of an entry beside those that it gets when it is numbered. */
export type EntryContent = WithoutNumber<Entry>;

/** What an entry changes among the participants. */
export interface ParticipantChanges {
  join?: readonly UserId[];
  leave?: Participant;
  role?: { of: Participant; role: Role };
}

export interface NewConversation {
  conversationId: ConversationId;
  /** Who creates it; owner of a group or channel. */
  actorId: UserId;
  conversationKind: ConversationKind;
  name: string | null;
  description: string;
  announceOnly: boolean;
  history: HistoryVisibility;
  /** Its other members. */
  userIds: readonly UserId[];
}

/** The entry with the next number of the conversation (contract 3). */
export function entryAfter(head: ConversationHead, senderId: UserId, nowMs: number, content: EntryContent): Entry {
  return {
    ...content,
    conversationId: head.id,
    seq: head.headSeq + 1,
    messageCount: head.messageCount + (content.kind === 'message' ? 1 : 0),
    atMs: timeAfter(head.lastEntryAtMs, nowMs),
    senderId,
  };
}

/**
 * Times don't go back within a conversation when the clocks of two distributors differ a little (race 3). The time of a
 * clock that was far ahead is not kept for later entries.
 */
export function timeAfter(previousMs: number, nowMs: number): number {
  return previousMs > nowMs + aheadMaxMs ? nowMs : Math.max(previousMs, nowMs);
}

/** What the entry changes among the participants; a user who leaves or gets a role must be a member. */
export function changesBy(
  entry: Entry,
  participantOf: (userId: UserId) => Participant | undefined,
): ParticipantChanges {
  const { joins = [], leaves, role } = effectOf(entry) ?? {};
  const memberOf = (userId: UserId): Participant => {
    const participant = participantOf(userId);
    if (!isMember(participant))
      throw new Error(`an entry ${entry.kind} was decided about ${userId}, who is not a member`);
    return participant;
  };
  return {
    join: joins,
    ...(leaves === undefined ? {} : { leave: memberOf(leaves) }),
    ...(role && { role: { of: memberOf(role.userId), role: role.role } }),
  };
}

/** The step that appends `entry`, the next of the conversation. */
export function applied(head: ConversationHead, entry: Entry, changes: ParticipantChanges): Step {
  const { join = [], leave, role } = changes;
  const effect: EntryEffect = effectOf(entry) ?? {};
  const { properties = {} } = effect;
  const banChange = banChangeBy(entry, effect);
  const next: ConversationHead = {
    ...head,
    name: properties.name ?? head.name,
    description: properties.description ?? head.description,
    announceOnly: properties.announceOnly ?? head.announceOnly,
    headSeq: entry.seq,
    messageCount: entry.messageCount,
    lastMessageSeq: entry.kind === 'message' ? entry.seq : head.lastMessageSeq,
    membershipSeq: join.length > 0 || leave || role ? entry.seq : head.membershipSeq,
    memberCount: head.memberCount + join.length - (leave ? 1 : 0),
    ownerCount: head.ownerCount + ownersGained(changes),
    banCount: head.banCount + bansGained(banChange),
    lastEntryAtMs: entry.atMs,
  };
  if (!isBroadcast(next) && next.memberCount > limits.directFanOutMembers) next.broadcastSeq = next.headSeq;
  next.closed ||= next.memberCount === 0;
  return { entry, head: next, participants: changedParticipants(next, changes), banChange };
}

/** The first step of a conversation. */
export function created(conversation: NewConversation, nowMs: number): Step {
  const {
    conversationId: id,
    actorId,
    conversationKind: kind,
    name,
    description,
    announceOnly,
    history,
  } = conversation;
  const userIds = [...new Set([actorId, ...conversation.userIds])];
  const empty: ConversationHead = {
    ...{ id, kind, name, description, announceOnly, history, createdBy: actorId },
    ...{ headSeq: 0, messageCount: 0, lastMessageSeq: 0, membershipSeq: 0, memberCount: 0, ownerCount: 0 },
    ...{ banCount: 0, broadcastSeq: 0, closed: false, lastEntryAtMs: 0, revision: 0, amendedAtMs: 0 },
  };
  const entry = entryAfter(empty, actorId, nowMs, { kind: 'created', conversationKind: kind, name, userIds });
  const step = applied(empty, entry, { join: userIds });
  if (kind !== 'direct') {
    const owner = step.participants.find((participant) => participant.userId === actorId);
    if (!owner) throw new Error('a conversation was created without its creator');
    owner.role = 'owner';
    step.head.ownerCount = 1;
  }
  return step;
}

function changedParticipants(head: ConversationHead, { join = [], leave, role }: ParticipantChanges): Participant[] {
  const change = { changedSeq: head.headSeq, changedAtMs: head.lastEntryAtMs };
  const participants = join.map(
    (userId): Participant => ({
      conversationId: head.id,
      userId,
      role: 'member',
      joinedSeq: head.headSeq,
      joinedMessageCount: head.messageCount,
      visibleFromSeq: head.history === 'all' ? 1 : head.headSeq,
      leftSeq: null,
      ...change,
    }),
  );
  if (leave) participants.push({ ...leave, leftSeq: head.headSeq, ...change });
  if (role) participants.push({ ...role.of, role: role.role, ...change });
  return participants;
}

function banChangeBy(entry: Entry, { bans, unbans }: EntryEffect): BanChange | null {
  const { conversationId, seq, senderId: bannedBy, atMs } = entry;
  if (unbans !== undefined) return { conversationId, userId: unbans, ban: null };
  if (bans === undefined) return null;
  return { conversationId, userId: bans, ban: { conversationId, userId: bans, seq, bannedBy, atMs } };
}

function bansGained(change: BanChange | null): number {
  if (!change) return 0;
  return change.ban ? 1 : -1;
}

function ownersGained({ leave, role }: ParticipantChanges): number {
  const lost = leave?.role === 'owner' || role?.of.role === 'owner' ? 1 : 0;
  const gained = role?.role === 'owner' ? 1 : 0;
  return gained - lost;
}
