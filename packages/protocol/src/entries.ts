import * as z from 'zod/mini';
import { Emoji } from './emoji.ts';
import { ClientMessageId, ConversationName, Description, Text } from './text.ts';
import { ConversationId, ConversationKind, Count, Revision, Role, Seq, TimeMs, UserId } from './values.ts';

const entryFields = {
  conversationId: ConversationId,
  seq: Seq,
  /** The number of messages up to and including this entry. Unread counts are differences of two of these. */
  messageCount: Count,
  atMs: TimeMs,
  senderId: UserId,
};

const Reaction = z
  .object({
    emoji: Emoji,
    count: z.int().check(z.positive()),
    /** Whether you are one of them; only in what was read for you. */
    mine: z.optional(z.literal(true)),
  })
  .register(z.globalRegistry, { id: 'Reaction', description: 'The number of users who reacted with an emoji.' });
export type Reaction = z.infer<typeof Reaction>;

const Mark = z.object({ atMs: TimeMs, byId: UserId });

export const MessageEntry = z.object({
  kind: z.literal('message'),
  ...entryFields,
  clientMessageId: ClientMessageId,
  text: Text,
  /** The number of the message that this one replies to. */
  replyTo: z.optional(Seq),
  /** The conversation's revision when this message was last amended; absent if it never was. */
  revision: z.optional(Revision.check(z.positive())),
  /** The time of the last edit. */
  editedAtMs: z.optional(TimeMs),
  /** Set once the message is deleted. Its text is then a placeholder. */
  deleted: z.optional(Mark),
  /** In the order in which each emoji was first used; absent if there are none. */
  reactions: z.optional(z.array(Reaction)),
  pinned: z.optional(Mark),
});
const CreatedEntry = z.object({
  kind: z.literal('created'),
  ...entryFields,
  conversationKind: ConversationKind,
  name: z.nullable(ConversationName),
  userIds: z.array(UserId),
});
const JoinedEntry = z.object({ kind: z.literal('joined'), ...entryFields });
const LeftEntry = z.object({ kind: z.literal('left'), ...entryFields });
const AddedEntry = z.object({ kind: z.literal('added'), ...entryFields, userIds: z.array(UserId) });
const RemovedEntry = z.object({ kind: z.literal('removed'), ...entryFields, userId: UserId });
const BannedEntry = z.object({
  kind: z.literal('banned'),
  ...entryFields,
  userId: UserId,
  /** Whether the user was a member until this entry. */
  wasMember: z.boolean(),
});
const UnbannedEntry = z.object({ kind: z.literal('unbanned'), ...entryFields, userId: UserId });
const RoleEntry = z.object({ kind: z.literal('role'), ...entryFields, userId: UserId, role: Role });
const UpdatedEntry = z.object({
  kind: z.literal('updated'),
  ...entryFields,
  name: z.optional(ConversationName),
  description: z.optional(Description),
  announceOnly: z.optional(z.boolean()),
});

/** What a client keeps of an entry whose kind it does not know; no server sends it. See `parseAnswer`. */
const LaterEntry = z.object({
  kind: z.literal('later'),
  ...entryFields,
  /** The entry as the server sent it. */
  original: z.optional(z.unknown()),
});

export const Entry = z
  .discriminatedUnion('kind', [
    MessageEntry,
    CreatedEntry,
    JoinedEntry,
    LeftEntry,
    AddedEntry,
    RemovedEntry,
    BannedEntry,
    UnbannedEntry,
    RoleEntry,
    UpdatedEntry,
    LaterEntry,
  ])
  .register(z.globalRegistry, {
    id: 'Entry',
    description:
      'A numbered item of a conversation: a message or a change. A client treats an unknown kind as `later`: it counts ' +
      'the entry and shows a placeholder.',
  });
export type Entry = z.infer<typeof Entry>;
export type MessageEntry = z.infer<typeof MessageEntry>;

/** What an entry changes in its conversation, in addition to the numbers and times that every entry changes. */
export interface EntryEffect {
  /** Users who become members. */
  joins?: readonly UserId[];
  /** The user whose membership ends; this entry is the last that reaches them (contract 8). */
  leaves?: UserId;
  /** The user who can't become a member until the ban is lifted. */
  bans?: UserId;
  /** The user whose ban is lifted. */
  unbans?: UserId;
  role?: { userId: UserId; role: Role };
  /** Properties of the conversation with their new values. */
  properties?: { name?: string | undefined; description?: string | undefined; announceOnly?: boolean | undefined };
}

/** The effect of each kind; null if it is unknown. */
const effects: { [Kind in Entry['kind']]: (entry: Extract<Entry, { kind: Kind }>) => EntryEffect | null } = {
  message: () => ({}),
  created: ({ userIds }) => ({ joins: userIds }),
  joined: ({ senderId }) => ({ joins: [senderId] }),
  left: ({ senderId }) => ({ leaves: senderId }),
  added: ({ userIds }) => ({ joins: userIds }),
  removed: ({ userId }) => ({ leaves: userId }),
  banned: ({ userId, wasMember }) => ({ bans: userId, ...(wasMember && { leaves: userId }) }),
  unbanned: ({ userId }) => ({ unbans: userId }),
  role: ({ userId, role }) => ({ role: { userId, role } }),
  updated: ({ name, description, announceOnly }) => ({ properties: { name, description, announceOnly } }),
  later: () => null,
};

/**
 * What an entry changes. The server uses this rule to write and verify its rows, and clients use it to update what they
 * show. Null for a kind that this version does not know.
 */
export function effectOf(entry: Entry): EntryEffect | null {
  const effect = Object.hasOwn(effects, entry.kind) ? effects[entry.kind] : null;
  // Each function takes the entries of its own kind.
  return effect ? (effect as (entry: Entry) => EntryEffect | null)(entry) : null;
}
