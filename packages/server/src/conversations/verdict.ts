import { type Entry, type ErrorCode, limits, type MessageEntry } from '@parley/protocol';
import type { AmendmentSituation, AmendmentStep, StoredMessage } from './amendment.ts';
import type { CommandFields } from './command-fields.ts';
import { type ConversationHead, isMember, type Participant } from './conversation.ts';
import { noSuchConversationDetail } from './membership.ts';
import { applied, changesBy, type EntryContent, entryAfter, type Step } from './step.ts';

/** The rows that a command is decided by: its conversation and the participants that it names. */
export interface Situation {
  head: ConversationHead | undefined;
  participantOf(userId: string): Participant | undefined;
  isBanned(userId: string): boolean;
  /** The entry that the same command made earlier. */
  repeated: StoredMessage | undefined;
  amendments: AmendmentSituation;
  nowMs: number;
}

export type Verdict =
  | { kind: 'step'; step: Step }
  /** A retry: its sender gets the first entry (contract 2). */
  | { kind: 'repeat'; entry: Entry }
  | { kind: 'amendment'; step: AmendmentStep }
  /**
   * The message, in its present state, already is as requested, or the same command changed it earlier, to which
   * `isRetry` refers. The sender gets `revision`.
   */
  | { kind: 'amended_before'; message: MessageEntry; revision: number; isRetry: boolean }
  | { kind: 'unchanged' }
  | Refused;

export interface Refused {
  kind: 'refused';
  code: ErrorCode;
  detail: string;
}

export function refused(code: ErrorCode, detail: string): Refused {
  return { kind: 'refused', code, detail };
}

/** The same for a conversation that does not exist and for one that the user may not know of. */
export const notFound = refused('not_found', noSuchConversationDetail);
export const notAMember = refused('not_found', 'That user is not a member.');
export const lastOwner = refused(
  'last_owner',
  'The conversation would have no owner: make another member owner first.',
);
export const full = refused(
  'conversation_full',
  `A conversation has at most ${limits.membersPerConversation} members.`,
);
export const announceOnly = refused('announce_only', 'Only owners and admins may write here.');
export function noSuchMessage(seq: number): Refused {
  return refused('message_not_found', `There is no message ${seq} in this conversation, or you may not read it.`);
}
export function notAMessage(seq: number): Refused {
  return refused('not_a_message', `Entry ${seq} is not a message.`);
}
export const unchanged: Verdict = { kind: 'unchanged' };
const notForDirect = refused('not_for_direct', 'A direct conversation always has the same two people and no name.');

/** The conversation of a command and the participant of its sender, who is a member. */
interface Acting {
  head: ConversationHead;
  actor: Participant;
}

/** Decides a command that only members may send. */
export function asMember(
  { actorId }: CommandFields,
  { head, participantOf }: Situation,
  decide: (acting: Acting) => Verdict,
): Verdict {
  const actor = participantOf(actorId);
  return head && isMember(actor) ? decide({ head, actor }) : notFound;
}

/** Decides a command that only members may send, and that direct conversations do not have. */
export function asMemberOfGroup(
  command: CommandFields,
  situation: Situation,
  decide: (acting: Acting) => Verdict,
): Verdict {
  return asMember(command, situation, (acting) => (acting.head.kind === 'direct' ? notForDirect : decide(acting)));
}

/** Whether this owner or admin may end the membership of another member. */
export function mayRemove(actor: Participant, target: Participant): boolean {
  return actor.role === 'owner' || target.role === 'member';
}

/** Appends an entry with this content to the conversation. */
export function append(
  head: ConversationHead,
  { actorId }: CommandFields,
  content: EntryContent,
  { nowMs, participantOf }: Situation,
): Verdict {
  const entry = entryAfter(head, actorId, nowMs, content);
  return { kind: 'step', step: applied(head, entry, changesBy(entry, participantOf)) };
}
