import * as z from 'zod/mini';
import { NewEmoji } from './emoji.ts';
import type { Entry, MessageEntry, Reaction } from './entries.ts';
import type { ErrorCode } from './errors.ts';
import { limits } from './limits.ts';
import { Text } from './text.ts';
import type { ConversationKind, Role, UserId } from './values.ts';

const Edit = z.strictObject({ kind: z.literal('edit'), text: Text });
const Delete = z.strictObject({ kind: z.literal('delete') });
const React = z.strictObject({ kind: z.literal('react'), emoji: NewEmoji, set: z.boolean() });
const Pin = z.strictObject({ kind: z.literal('pin'), set: z.boolean() });

export const MessageChange = z.discriminatedUnion('kind', [Edit, Delete, React, Pin]).register(z.globalRegistry, {
  id: 'MessageChange',
  description:
    'A change of a message: another text, deletion, setting or removing your reaction with an emoji, pinning or unpinning.',
});
export type MessageChange = z.infer<typeof MessageChange>;

/** A decided change of one message. */
export interface Amendment {
  /** The conversation's revision after it. */
  revision: number;
  byId: UserId;
  atMs: number;
  change: MessageChange;
}

/** The text that a deleted message has instead of its own. */
export const deletedText = 'This message was deleted.';

/**
 * The message after the amendment. Server and clients use this rule. `viewerId` is the user to whom the message is
 * shown: reactions of that user are marked `mine`. The amendment must change the message, see {@link isUnchanged}.
 */
export function amended(message: MessageEntry, amendment: Amendment, viewerId?: UserId): MessageEntry {
  const { revision, byId, atMs, change } = amendment;
  switch (change.kind) {
    case 'edit':
      return { ...message, revision, text: change.text, editedAtMs: atMs };
    case 'delete': {
      const { replyTo, editedAtMs, reactions, pinned, ...kept } = message;
      return { ...kept, revision, text: deletedText, deleted: { atMs, byId } };
    }
    case 'react': {
      const { reactions: before = [], ...others } = message;
      const after = reacted(before, change, byId === viewerId);
      return { ...others, revision, ...(after.length > 0 && { reactions: after }) };
    }
    case 'pin': {
      const { pinned, ...others } = message;
      return { ...others, revision, ...(change.set && { pinned: { atMs, byId } }) };
    }
  }
}

function reacted(
  reactions: readonly Reaction[],
  { emoji, set }: { emoji: string; set: boolean },
  isMine: boolean,
): Reaction[] {
  const former = reactions.find((each) => each.emoji === emoji);
  if (!former)
    return set ? [...reactions, { emoji, count: 1, ...(isMine && { mine: true as const }) }] : [...reactions];
  const count = former.count + (set ? 1 : -1);
  if (count < 1) return reactions.filter((each) => each !== former);
  const { mine, ...others } = former;
  const isMarked = isMine ? set : mine;
  const next: Reaction = { ...others, count, ...(isMarked && { mine: true as const }) };
  return reactions.map((each) => (each === former ? next : each));
}

/** Whether the message already is as the change asks. `hasReacted`: whether the user has reacted with the emoji. */
export function isUnchanged(message: MessageEntry, change: MessageChange, hasReacted: boolean): boolean {
  switch (change.kind) {
    case 'edit':
      return message.text === change.text;
    case 'delete':
      return message.deleted !== undefined;
    case 'react':
      return hasReacted === change.set;
    case 'pin':
      return (message.pinned !== undefined) === change.set;
  }
}

/** Whether a member may write to a conversation, and edit messages there. */
export function mayWrite({ announceOnly }: { announceOnly: boolean }, { role }: { role: Role }): boolean {
  return !announceOnly || role !== 'member';
}

/** A member who wants to change a message. */
export interface AmendingMember {
  userId: UserId;
  role: Role;
  /** The first number that the member may read. */
  visibleFromSeq: number;
  conversationKind: ConversationKind;
  announceOnly: boolean;
}

/**
 * Why the member may not change the entry in this way; null if it is allowed. Clients offer what is allowed. The server
 * also checks the time limit for edits and the number of pinned messages.
 */
export function amendmentRefusal(
  entry: Entry | undefined,
  change: MessageChange,
  member: AmendingMember,
): ErrorCode | null {
  const { userId, role, visibleFromSeq, conversationKind } = member;
  if (!entry || entry.seq < visibleFromSeq) return 'message_not_found';
  if (entry.kind !== 'message') return 'not_a_message';
  const isOwn = entry.senderId === userId;
  const leads = conversationKind !== 'direct' && role !== 'member';
  switch (change.kind) {
    case 'edit':
      if (!isOwn) return 'forbidden';
      if (!mayWrite(member, member)) return 'announce_only';
      return entry.deleted ? 'message_deleted' : null;
    case 'delete':
      return isOwn || leads ? null : 'forbidden';
    case 'react':
      if (entry.deleted) return 'message_deleted';
      return change.set && hasAllReactions(entry, change.emoji) ? 'too_many_reactions' : null;
    case 'pin':
      if (conversationKind !== 'direct' && !leads) return 'forbidden';
      return change.set && entry.deleted ? 'message_deleted' : null;
  }
}

/** Whether the message has as many different reactions as it can have, and not this one. */
function hasAllReactions({ reactions = [] }: MessageEntry, emoji: string): boolean {
  return reactions.length >= limits.reactionsPerMessage && !reactions.some((each) => each.emoji === emoji);
}
