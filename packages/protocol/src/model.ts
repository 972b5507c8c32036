import * as z from 'zod/mini';
import { Entry, MessageEntry } from './entries.ts';
import { ConversationName, Description, DeviceName, DisplayName, Username } from './text.ts';
import {
  ConversationId,
  ConversationKind,
  Count,
  Epoch,
  HistoryVisibility,
  Position,
  ReadVersion,
  Revision,
  Role,
  Seq,
  SessionId,
  TimeMs,
  UserId,
} from './values.ts';

export const NameVersion = z
  .string()
  .check(z.minLength(1), z.maxLength(32), z.meta({ description: "Changes when one of the user's names changes." }));

export const User = z
  .object({
    id: UserId,
    username: Username,
    displayName: DisplayName,
    /** Version of both names, for `lookUpUsers`. */
    version: z.optional(NameVersion),
    online: z.boolean(),
  })
  .register(z.globalRegistry, { id: 'User', description: 'A user as other users see it.' });
export type User = z.infer<typeof User>;

export const Account = z
  .object({
    id: UserId,
    username: Username,
    displayName: DisplayName,
    administrator: z.boolean(),
  })
  .register(z.globalRegistry, { id: 'Account', description: 'A user as that user sees it.' });
export type Account = z.infer<typeof Account>;

export const Session = z
  .object({
    id: SessionId,
    device: z.nullable(DeviceName),
    createdAtMs: TimeMs,
    lastUsedAtMs: TimeMs,
    current: z.boolean(),
  })
  .register(z.globalRegistry, { id: 'Session', description: 'One log-in on one device.' });
export type Session = z.infer<typeof Session>;

export const Membership = z
  .object({
    role: Role,
    /** The number of the entry by which the user joined. */
    joinedSeq: Seq,
    /** The first number that the member may read. */
    visibleFromSeq: Seq,
    readSeq: Position,
    readVersion: z.optional(ReadVersion),
  })
  .register(z.globalRegistry, { id: 'Membership', description: 'Your membership in a conversation.' });
export type Membership = z.infer<typeof Membership>;

export const Conversation = z
  .object({
    id: ConversationId,
    kind: ConversationKind,
    name: z.nullable(ConversationName),
    description: Description,
    announceOnly: z.boolean(),
    history: HistoryVisibility,
    memberCount: Count,
    /** The newest entry that changed the members or a role. */
    membershipSeq: z.optional(Seq),
    /** The number of the newest entry. */
    headSeq: Position,
    /** The number of messages up to the newest entry. */
    messageCount: Count,
    lastActivityAtMs: TimeMs,
    /** Absent: 0. */
    revision: z.optional(Revision),
    /** Null for a channel that you have not joined. */
    membership: z.nullable(Membership),
    unreadCount: Count,
    /** The newest message that you may read. */
    lastMessage: z.nullable(MessageEntry),
    /** The other user of a direct conversation. */
    partner: z.nullable(User),
    /** The epoch of the conversation's entries. */
    epoch: z.optional(Epoch),
  })
  .register(z.globalRegistry, { id: 'Conversation', description: 'A conversation as one member sees it.' });
export type Conversation = z.infer<typeof Conversation>;

export const Homepage = z
  .object({
    /** Most recent activity first. */
    conversations: z.array(Conversation),
    /** Conversations that you left or were removed from, if requested. */
    left: z.array(z.object({ conversationId: ConversationId, atMs: TimeMs })),
    /** The `cursor` of the next page; null on the last page. */
    nextCursor: z.nullable(z.string()),
  })
  .register(z.globalRegistry, { id: 'Homepage', description: 'A page of your conversations.' });
export type Homepage = z.infer<typeof Homepage>;

/** Increases with every change of a read position of the user; 0 before the first. Not consecutive. */
export const ReadRevision = z
  .int()
  .check(z.nonnegative(), z.meta({ description: 'Version of all your read positions.' }));

export const ReadPositions = z
  .object({
    /** Ordered by revision, oldest first. */
    positions: z.array(
      z.object({
        conversationId: ConversationId,
        seq: Position,
        messageCount: Count,
        readVersion: z.optional(ReadVersion),
      }),
    ),
    /** This page and the earlier ones have all changes up to this revision: the `after` of the next request. */
    revision: ReadRevision,
    hasMore: z.boolean(),
  })
  .register(z.globalRegistry, { id: 'ReadPositions', description: 'Your read positions that changed, each once.' });
export type ReadPositions = z.infer<typeof ReadPositions>;

export const Member = z
  .object({
    user: User,
    role: Role,
    joinedSeq: Seq,
    /** The read position; null in channels and large groups. */
    readSeq: z.nullable(Position),
  })
  .register(z.globalRegistry, { id: 'Member', description: 'A member of a conversation.' });
export type Member = z.infer<typeof Member>;

export const Ban = z
  .object({
    user: User,
    bannedBy: User,
    /** The number of the entry by which the user was banned. */
    seq: Seq,
    atMs: TimeMs,
  })
  .register(z.globalRegistry, { id: 'Ban', description: 'A user who may not become a member of a conversation.' });
export type Ban = z.infer<typeof Ban>;

export const HistoryPage = z
  .object({
    conversationId: ConversationId,
    /** In ascending order, without gaps. */
    entries: z.array(Entry),
    /** The highest number in the conversation when the page was read. */
    headSeq: Position,
    /** The first number that you may read. */
    visibleFromSeq: Seq,
    epoch: z.optional(Epoch),
    /** The conversation's revision; the entries include all amendments up to it. Absent: 0. */
    revision: z.optional(Revision),
    /** The messages that entries of the page reply to, if they are not in the page and you may read them. */
    quoted: z.optional(z.array(MessageEntry)),
    /**
     * Set if `after` is beyond `headSeq` while the server repeats commands after a restore: the entries come back with
     * the same numbers. Retry later.
     */
    catchingUp: z.optional(z.literal(true)),
  })
  .register(z.globalRegistry, { id: 'HistoryPage', description: 'Consecutive entries of a conversation.' });
export type HistoryPage = z.infer<typeof HistoryPage>;

export const MessageChanges = z
  .object({
    conversationId: ConversationId,
    /** All amendments up to this revision are in this response and the earlier ones: the `after` of the next request. */
    revision: Revision,
    /** The present state of each message that was amended since and that you may read, in the order of `revision`. */
    entries: z.array(MessageEntry),
    /** Whether there are no amendments after `revision`. */
    complete: z.boolean(),
    /** Set if too many messages were amended. Discard the entries that you have, read them again, and go on from `revision`. */
    reread: z.optional(z.literal(true)),
    epoch: z.optional(Epoch),
  })
  .register(z.globalRegistry, {
    id: 'MessageChanges',
    description: 'The messages that were amended after a revision.',
  });
export type MessageChanges = z.infer<typeof MessageChanges>;

export const AmendmentReceipt = z
  .object({ conversationId: ConversationId, seq: Seq, revision: Revision })
  .register(z.globalRegistry, {
    id: 'AmendmentReceipt',
    description:
      'The revision of an amendment that is on disk (contract 1). A retry gets that of the first attempt. If the ' +
      'message already was as requested, the revision is that of the message.',
  });
export type AmendmentReceipt = z.infer<typeof AmendmentReceipt>;

export const Receipt = z
  .object({ conversationId: ConversationId, seq: Seq, messageCount: Count, atMs: TimeMs })
  .register(z.globalRegistry, {
    id: 'Receipt',
    description: 'Number and time of an entry that is on disk (contract 1). A retry gets those of the first attempt.',
  });
export type Receipt = z.infer<typeof Receipt>;
