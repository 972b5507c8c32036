import { type Entry, limits, type Role, type UserId } from '@parley/protocol';
import type { Command, CommandOf } from './command.ts';
import { aheadMaxMs, type ConversationHead, isBroadcast, type Participant } from './conversation.ts';

/** One entry and what it leaves behind: the conversation's next head and the participants that changed. */
export interface Step {
  entry: Entry;
  head: ConversationHead;
  participants: Participant[];
}

type NumberedFields = 'conversationId' | 'seq' | 'messageCount' | 'atMs' | 'senderId';
type WithoutNumber<Member> = Member extends Entry ? Omit<Member, NumberedFields> : never;
/** What an entry says, before it has its number. */
export type EntryContent = WithoutNumber<Entry>;

interface ParticipantChanges {
  join?: UserId[];
  leave?: Participant;
  role?: { of: Participant; role: Role };
}

/** The step that appends `content`: numbers it (contract 3) and carries its effect into head and participants. */
export function after(
  head: ConversationHead,
  command: Command,
  nowMs: number,
  content: EntryContent,
  changes: ParticipantChanges = {},
): Step {
  const next = advanced(head, content, nowMs);
  const participants = changedParticipants(next, changes);
  if (changes.join || changes.leave || changes.role) next.membershipSeq = next.headSeq;
  next.memberCount += (changes.join?.length ?? 0) - (changes.leave ? 1 : 0);
  next.ownerCount += ownersGained(changes);
  if (!isBroadcast(next) && next.memberCount > limits.directFanOutMembers) next.broadcastSeq = next.headSeq;
  next.closed ||= next.memberCount === 0;
  if (content.kind === 'updated') {
    next.name = content.name ?? next.name;
    next.description = content.description ?? next.description;
    next.announceOnly = content.announceOnly ?? next.announceOnly;
  }
  return { entry: numbered(content, next, command), head: next, participants };
}

/** The first step of a conversation. */
export function created(command: CommandOf<'create' | 'open_direct'>, nowMs: number): Step {
  const others = command.kind === 'create' ? command.userIds : [command.partnerId];
  const userIds = [...new Set([command.actorId, ...others])];
  const start = command.kind === 'create' ? command : null;
  const head: ConversationHead = {
    id: command.conversationId,
    kind: start?.conversationKind ?? 'direct',
    name: start?.name ?? null,
    description: start?.description ?? '',
    announceOnly: start?.announceOnly ?? false,
    history: start?.history ?? 'all',
    createdBy: command.actorId,
    headSeq: 0,
    messageCount: 0,
    lastMessageSeq: 0,
    membershipSeq: 0,
    memberCount: 0,
    ownerCount: 0,
    broadcastSeq: 0,
    closed: false,
    lastEntryAtMs: 0,
  };
  const content: EntryContent = { kind: 'created', conversationKind: head.kind, name: head.name, userIds };
  const step = after(head, command, nowMs, content, { join: userIds });
  if (start) {
    const owner = step.participants.find((participant) => participant.userId === command.actorId);
    if (!owner) throw new Error('a conversation was created without its creator');
    owner.role = 'owner';
    step.head.ownerCount = 1;
  }
  return step;
}

function advanced(head: ConversationHead, content: EntryContent, nowMs: number): ConversationHead {
  const isMessage = content.kind === 'message';
  const headSeq = head.headSeq + 1;
  return {
    ...head,
    headSeq,
    messageCount: head.messageCount + (isMessage ? 1 : 0),
    lastMessageSeq: isMessage ? headSeq : head.lastMessageSeq,
    lastEntryAtMs: timeAfter(head.lastEntryAtMs, nowMs),
  };
}

/**
 * Times don't go back within a conversation when the clocks of two distributors differ a little (race 3). A clock that
 * was far ahead dates nothing but what it decided.
 */
function timeAfter(previousMs: number, nowMs: number): number {
  return previousMs > nowMs + aheadMaxMs ? nowMs : Math.max(previousMs, nowMs);
}

function numbered(content: EntryContent, head: ConversationHead, command: Command): Entry {
  return {
    ...content,
    conversationId: head.id,
    seq: head.headSeq,
    messageCount: head.messageCount,
    atMs: head.lastEntryAtMs,
    senderId: command.actorId,
  };
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

function ownersGained({ leave, role }: ParticipantChanges): number {
  const lost = leave?.role === 'owner' || role?.of.role === 'owner' ? 1 : 0;
  const gained = role?.role === 'owner' ? 1 : 0;
  return gained - lost;
}
