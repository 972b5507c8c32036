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
  Role,
  Seq,
  SessionId,
  TimeMs,
  UserId,
} from './values.ts';

export const NameVersion = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(32),
    z.meta({ description: "Of a person's names: another one when they are called otherwise." }),
  );

export const User = z
  .object({
    id: UserId,
    username: Username,
    displayName: DisplayName,
    /** Of both names, for `lookUpUsers`. */
    version: z.optional(NameVersion),
    online: z.boolean(),
  })
  .register(z.globalRegistry, { id: 'User', description: 'A person as others see them.' });
export type User = z.infer<typeof User>;

export const Account = z
  .object({
    id: UserId,
    username: Username,
    displayName: DisplayName,
    administrator: z.boolean(),
  })
  .register(z.globalRegistry, { id: 'Account', description: 'A person as they see themselves.' });
export type Account = z.infer<typeof Account>;

export const Session = z
  .object({
    id: SessionId,
    device: z.nullable(DeviceName),
    createdAtMs: TimeMs,
    lastUsedAtMs: TimeMs,
    current: z.boolean(),
  })
  .register(z.globalRegistry, { id: 'Session', description: 'One log-in of one device.' });
export type Session = z.infer<typeof Session>;

export const Membership = z
  .object({
    role: Role,
    /** The number of the entry that made this person a member. */
    joinedSeq: Seq,
    /** The first number that this member may read. */
    visibleFromSeq: Seq,
    readSeq: Position,
  })
  .register(z.globalRegistry, { id: 'Membership', description: "One's own standing in a conversation." });
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
    /** The newest entry that changed who is a member, or in which role. */
    membershipSeq: z.optional(Seq),
    /** The number of the newest entry. */
    headSeq: Position,
    /** How many messages there are up to the newest entry. */
    messageCount: Count,
    lastActivityAtMs: TimeMs,
    /** Null for a channel that one has not joined. */
    membership: z.nullable(Membership),
    unreadCount: Count,
    /** The newest message that one may read. */
    lastMessage: z.nullable(MessageEntry),
    /** The other person of a direct conversation. */
    partner: z.nullable(User),
    /** The epoch of the conversation's entries. */
    epoch: z.optional(Epoch),
  })
  .register(z.globalRegistry, { id: 'Conversation', description: 'A conversation as one of its members sees it.' });
export type Conversation = z.infer<typeof Conversation>;

export const Homepage = z
  .object({
    /** Most recent activity first. */
    conversations: z.array(Conversation),
    /** Conversations that are no longer one's own, when asked for. */
    left: z.array(z.object({ conversationId: ConversationId, atMs: TimeMs })),
    /** Give it back to get the next page; null on the last. */
    nextCursor: z.nullable(z.string()),
  })
  .register(z.globalRegistry, { id: 'Homepage', description: "One page of a person's conversations." });
export type Homepage = z.infer<typeof Homepage>;

/** Grows with every change of one of a person's read positions; 0 before the first. Not consecutive. */
export const ReadRevision = z
  .int()
  .check(z.nonnegative(), z.meta({ description: 'The newest change among the read positions of a person.' }));

export const ReadPositions = z
  .object({
    /** By revision: what was read longest ago first. */
    positions: z.array(z.object({ conversationId: ConversationId, seq: Position, messageCount: Count })),
    /** Everything up to this revision is on this page and those before it: the `after` of the next request. */
    revision: ReadRevision,
    hasMore: z.boolean(),
  })
  .register(z.globalRegistry, { id: 'ReadPositions', description: 'Own read positions that changed, each once.' });
export type ReadPositions = z.infer<typeof ReadPositions>;

export const Member = z
  .object({
    user: User,
    role: Role,
    joinedSeq: Seq,
    /** How far this member has read; null where receipts are not shown (channels, large groups). */
    readSeq: z.nullable(Position),
  })
  .register(z.globalRegistry, { id: 'Member', description: 'A member of a conversation.' });
export type Member = z.infer<typeof Member>;

export const HistoryPage = z
  .object({
    conversationId: ConversationId,
    /** In ascending order, without gaps. */
    entries: z.array(Entry),
    /** The newest number of the conversation when this page was read. */
    headSeq: Position,
    /** The first number that the reader may see: nothing of theirs is below it. */
    visibleFromSeq: Seq,
    epoch: z.optional(Epoch),
    /**
     * Set on an answer to an `after` beyond `headSeq`, while the server carries out commands that it lost in a restore:
     * the entries come back under their numbers. Ask again later.
     */
    catchingUp: z.optional(z.literal(true)),
  })
  .register(z.globalRegistry, { id: 'HistoryPage', description: 'A range of a conversation, gapless.' });
export type HistoryPage = z.infer<typeof HistoryPage>;

export const Receipt = z
  .object({ conversationId: ConversationId, seq: Seq, messageCount: Count, atMs: TimeMs })
  .register(z.globalRegistry, {
    id: 'Receipt',
    description: "The number and time of an entry that is on disk (contract 1); a retry gets the first one's.",
  });
export type Receipt = z.infer<typeof Receipt>;
