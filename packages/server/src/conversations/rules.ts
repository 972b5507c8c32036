import { type Entry, type ErrorCode, limits } from '@parley/protocol';
import type { Command, CommandOf } from './command.ts';
import { type ConversationHead, isMember, type Participant } from './conversation.ts';
import { directConversationId } from './conversation-ids.ts';
import { noSuchConversationDetail } from './membership.ts';
import { after, created, type EntryContent, type Step } from './step.ts';

/** What one command meets: its conversation and the participants that it names. */
export interface Situation {
  head: ConversationHead | undefined;
  participantOf(userId: string): Participant | undefined;
  /** The entry that this very command made before. */
  repeated: Entry | undefined;
  nowMs: number;
}

export type Verdict =
  | { kind: 'step'; step: Step }
  /** It was done before; whoever asks again gets the first entry (contract 2). */
  | { kind: 'repeat'; entry: Entry }
  | { kind: 'unchanged' }
  | Refused;

interface Refused {
  kind: 'refused';
  code: ErrorCode;
  detail: string;
}

export function refused(code: ErrorCode, detail: string): Refused {
  return { kind: 'refused', code, detail };
}

/** Not a member and doesn't exist look the same to whoever may not know. */
const notFound = refused('not_found', noSuchConversationDetail);
const notAMember = refused('not_found', 'That person is not a member.');
const notForDirect = refused('not_for_direct', 'A direct conversation always has the same two people and no name.');
const lastOwner = refused('last_owner', 'The conversation would have no owner: make another member owner first.');
const unchanged: Verdict = { kind: 'unchanged' };

export function decideOpenDirect(command: CommandOf<'open_direct'>, { head, nowMs }: Situation): Verdict {
  const derivedId = directConversationId(command.actorId, command.partnerId);
  if (command.conversationId !== derivedId || command.actorId === command.partnerId) return notFound;
  return head ? unchanged : { kind: 'step', step: created(command, nowMs) };
}

export function decideCreate(command: CommandOf<'create'>, { head, nowMs }: Situation): Verdict {
  return head ? notFound : { kind: 'step', step: created(command, nowMs) };
}

export function decideJoin(command: CommandOf<'join'>, { head, participantOf, nowMs }: Situation): Verdict {
  if (head?.kind !== 'channel' || head.closed) return notFound;
  if (isMember(participantOf(command.actorId))) return unchanged;
  if (head.memberCount >= limits.membersPerConversation) return full();
  return step(head, command, nowMs, { kind: 'joined' }, { join: [command.actorId] });
}

function full(): Refused {
  return refused('conversation_full', `A conversation has at most ${limits.membersPerConversation} members.`);
}

export function decideAsMember(
  command: Exclude<Command, CommandOf<'open_direct' | 'create' | 'join'>>,
  situation: Situation,
): Verdict {
  const { head, participantOf, nowMs } = situation;
  const actor = participantOf(command.actorId);
  if (!head || !isMember(actor)) return notFound;
  if (command.kind === 'send') {
    if (head.announceOnly && actor.role === 'member') {
      return refused('announce_only', 'Only owners and admins may write here.');
    }
    return step(head, command, nowMs, { kind: 'message', clientMessageId: command.commandId, text: command.text });
  }
  if (head.kind === 'direct') return notForDirect;
  switch (command.kind) {
    case 'leave':
      if (actor.role === 'owner' && head.ownerCount === 1 && head.memberCount > 1) return lastOwner;
      return step(head, command, nowMs, { kind: 'left' }, { leave: actor });
    case 'add':
      return decideAdd(command, head, actor, situation);
    case 'remove':
      return decideRemove(command, head, actor, participantOf(command.userId), nowMs);
    case 'set_role':
      return decideSetRole(command, head, actor, participantOf(command.userId), nowMs);
    case 'update':
      return decideUpdate(command, head, actor, nowMs);
  }
}

function decideAdd(
  command: CommandOf<'add'>,
  head: ConversationHead,
  actor: Participant,
  { participantOf, nowMs }: Situation,
): Verdict {
  if (actor.role === 'member') return refused('forbidden', 'Only owners and admins may add members.');
  const userIds = [...new Set(command.userIds)].filter((userId) => !isMember(participantOf(userId)));
  if (userIds.length === 0) return refused('already_member', 'Everybody named is a member already.');
  if (head.memberCount + userIds.length > limits.membersPerConversation) return full();
  return step(head, command, nowMs, { kind: 'added', userIds }, { join: userIds });
}

function decideRemove(
  command: CommandOf<'remove'>,
  head: ConversationHead,
  actor: Participant,
  target: Participant | undefined,
  nowMs: number,
): Verdict {
  if (actor.role === 'member') return refused('forbidden', 'Only owners and admins may remove members.');
  if (!isMember(target)) return notAMember;
  if (actor.role === 'admin' && target.role !== 'member' && target.userId !== actor.userId) {
    return refused('forbidden', 'Admins may remove members, but neither admins nor owners.');
  }
  if (target.role === 'owner' && head.ownerCount === 1) return lastOwner;
  return step(head, command, nowMs, { kind: 'removed', userId: target.userId }, { leave: target });
}

function decideSetRole(
  command: CommandOf<'set_role'>,
  head: ConversationHead,
  actor: Participant,
  target: Participant | undefined,
  nowMs: number,
): Verdict {
  if (actor.role !== 'owner') return refused('forbidden', 'Only owners may change roles.');
  if (!isMember(target)) return notAMember;
  if (target.role === command.role) return unchanged;
  if (target.role === 'owner' && head.ownerCount === 1) return lastOwner;
  const content: EntryContent = { kind: 'role', userId: target.userId, role: command.role };
  return step(head, command, nowMs, content, { role: { of: target, role: command.role } });
}

function decideUpdate(
  command: CommandOf<'update'>,
  head: ConversationHead,
  actor: Participant,
  nowMs: number,
): Verdict {
  if (actor.role === 'member') return refused('forbidden', 'Only owners and admins may change this.');
  const content: EntryContent = { kind: 'updated' };
  if (command.name !== undefined && command.name !== head.name) content.name = command.name;
  if (command.description !== undefined && command.description !== head.description) {
    content.description = command.description;
  }
  if (command.announceOnly !== undefined && command.announceOnly !== head.announceOnly) {
    content.announceOnly = command.announceOnly;
  }
  return Object.keys(content).length === 1 ? unchanged : step(head, command, nowMs, content);
}

function step(...parts: Parameters<typeof after>): Verdict {
  return { kind: 'step', step: after(...parts) };
}
