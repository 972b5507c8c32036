import * as z from 'zod/mini';
import { Emoji } from './emoji.ts';
import { Entry, MessageEntry } from './entries.ts';
import { ErrorCode } from './errors.ts';
import {
  Account,
  AmendmentReceipt,
  Conversation,
  HistoryPage,
  Homepage,
  MessageChanges,
  ReadRevision,
  Receipt,
} from './model.ts';
import { ClientMessageId, DisplayName } from './text.ts';
import { ConversationId, Epoch, Position, ReadVersion, Revision, Seq, SessionId, TimeMs, UserId } from './values.ts';

export const subprotocol = 'parley.v1';

/** Chosen by the client; the response repeats it. */
export const RequestId = z.string().check(z.minLength(1), z.maxLength(64));

/**
 * The names of the features that the server has beyond the first version. Servers of earlier versions omit it and
 * reject `features` frames; a server that sends it, even empty, accepts them.
 */
const ServerFeatures = z.array(z.string());

const Welcome = z
  .object({
    type: z.literal('welcome'),
    account: Account,
    sessionId: SessionId,
    serverTimeMs: TimeMs,
    homepage: Homepage,
    /** Read before the homepage. If it differs from yours, `getReadPositions` returns the changes. */
    readRevision: z.optional(ReadRevision),
    /** The epoch of your list of conversations and your read positions. */
    epoch: z.optional(Epoch),
    features: z.optional(ServerFeatures),
  })
  .register(z.globalRegistry, {
    id: 'WelcomeFrame',
    description: 'The snapshot with which a connection begins. Entries may arrive before it; order them by number.',
  });

const Ack = z
  .object({ type: z.literal('ack'), id: RequestId, clientMessageId: ClientMessageId, ...Receipt.shape })
  .register(z.globalRegistry, {
    id: 'AckFrame',
    description: 'The message is on disk under this number (contract 1).',
  });

const ErrorFrame = z
  .object({
    type: z.literal('error'),
    /** The `id` of the request, if it had one. */
    id: z.optional(RequestId),
    code: ErrorCode,
    message: z.string(),
    /** A JSON Pointer to the field that `message` is about. */
    field: z.optional(z.string()),
    retryAfterMs: z.optional(z.int()),
  })
  .register(z.globalRegistry, { id: 'ErrorFrame', description: 'The request was rejected and had no effect.' });

const EntryFrame = z.object({ type: z.literal('entry'), entry: Entry }).register(z.globalRegistry, {
  id: 'EntryFrame',
  description: 'The next entry of one of your conversations. Your own messages are sent to all your devices too.',
});

const AmendAck = z
  .object({ type: z.literal('amend_ack'), id: RequestId, ...AmendmentReceipt.shape })
  .register(z.globalRegistry, { id: 'AmendAckFrame', description: 'The amendment is on disk (contract 1).' });

const AmendedFrame = z
  .object({
    type: z.literal('amended'),
    conversationId: ConversationId,
    /** The frame has the amendments after this revision, up to `revision`. */
    after: Revision,
    revision: Revision,
    /** The present state, without `mine`, of those amended messages that you may read. */
    entries: z.array(MessageEntry),
    /** The reactions that you, on any device, set or removed by these amendments. */
    ownReactions: z.optional(z.array(z.object({ seq: Seq, emoji: Emoji, set: z.boolean() }))),
  })
  .register(z.globalRegistry, {
    id: 'AmendedFrame',
    description:
      'Messages of one of your conversations were amended. If `after` is greater than the revision that you have, ' +
      'request `changes`. Only for clients with the feature `amendments`.',
  });

const ChangesFrame = z
  .object({ type: z.literal('changes'), id: RequestId, ...MessageChanges.shape })
  .register(z.globalRegistry, { id: 'ChangesFrame', description: 'Response to `changes`.' });

const ReadFrame = z
  .object({
    type: z.literal('read'),
    id: z.optional(RequestId),
    conversationId: ConversationId,
    userId: UserId,
    seq: Position,
    /** The number of messages up to `seq`. */
    messageCount: Position,
    /** Only of your own position. */
    readVersion: z.optional(ReadVersion),
  })
  .register(z.globalRegistry, {
    id: 'ReadFrame',
    description: 'The read position of a member, possibly your own, changed. Only your own can move back.',
  });

const TypingFrame = z
  .object({ type: z.literal('typing'), conversationId: ConversationId, userId: UserId })
  .register(z.globalRegistry, {
    id: 'TypingFrame',
    description: 'Somebody is typing in a conversation of `typingIn` of your `watch`. Valid for six seconds.',
  });

const PresenceFrame = z
  .object({
    type: z.literal('presence'),
    /** Set on the snapshot that responds to a `watch`. */
    id: z.optional(RequestId),
    users: z.array(z.object({ userId: UserId, online: z.boolean() })),
    conversations: z.array(z.object({ conversationId: ConversationId, onlineCount: Position })),
  })
  .register(z.globalRegistry, {
    id: 'PresenceFrame',
    description: 'Presence of what you watch: a snapshot or changes.',
  });

const UserFrame = z
  .object({ type: z.literal('user'), userId: UserId, displayName: DisplayName })
  .register(z.globalRegistry, {
    id: 'UserFrame',
    description: 'The display name of a watched user, or your own, changed.',
  });

const HistoryFrame = z
  .object({ type: z.literal('history'), id: RequestId, ...HistoryPage.shape })
  .register(z.globalRegistry, { id: 'HistoryFrame', description: 'Response to `history`.' });

const CatchUpFrame = z
  .object({
    type: z.literal('catch_up'),
    id: RequestId,
    /**
     * In the order of the request, without `quoted`. Ranges for which the response had no space are missing, and a page
     * may end early: request the rest again.
     */
    pages: z.array(HistoryPage),
    /** Conversations that do not exist, or of which you are not a member. */
    notFound: z.array(ConversationId),
  })
  .register(z.globalRegistry, { id: 'CatchUpFrame', description: 'Response to `catch_up`.' });

const ConversationFrame = z
  .object({
    type: z.literal('conversation'),
    conversationId: ConversationId,
    /** Null if you are no longer a member. */
    conversation: z.nullable(Conversation),
  })
  .register(z.globalRegistry, {
    id: 'ConversationFrame',
    description: 'A conversation was added to or removed from yours, or changed in other ways than by an entry.',
  });

const Resync = z.object({ type: z.literal('resync'), reason: z.string() }).register(z.globalRegistry, {
  id: 'ResyncFrame',
  description: 'You missed data. The server closes the connection; reconnect.',
});

const Goaway = z.object({ type: z.literal('goaway'), delayMs: z.int() }).register(z.globalRegistry, {
  id: 'GoawayFrame',
  description: 'The server is shutting down. Reconnect after the delay.',
});

const Pong = z
  .object({
    type: z.literal('pong'),
    id: z.optional(RequestId),
    /** As in `welcome`. Servers of earlier versions omit it. */
    serverTimeMs: z.optional(TimeMs),
    /** As in `welcome`. Sent once after each change. */
    features: z.optional(ServerFeatures),
  })
  .register(z.globalRegistry, { id: 'PongFrame', description: 'Response to `ping`.' });

export const serverFrames = {
  welcome: Welcome,
  ack: Ack,
  error: ErrorFrame,
  entry: EntryFrame,
  amend_ack: AmendAck,
  amended: AmendedFrame,
  changes: ChangesFrame,
  read: ReadFrame,
  typing: TypingFrame,
  presence: PresenceFrame,
  user: UserFrame,
  history: HistoryFrame,
  catch_up: CatchUpFrame,
  conversation: ConversationFrame,
  resync: Resync,
  goaway: Goaway,
  pong: Pong,
} as const;
export const ServerFrame = z.discriminatedUnion('type', [
  Welcome,
  Ack,
  ErrorFrame,
  EntryFrame,
  AmendAck,
  AmendedFrame,
  ChangesFrame,
  ReadFrame,
  TypingFrame,
  PresenceFrame,
  UserFrame,
  HistoryFrame,
  CatchUpFrame,
  ConversationFrame,
  Resync,
  Goaway,
  Pong,
]);
export type ServerFrame = z.infer<typeof ServerFrame>;
/** A server frame of one type: `ServerFrameOf<'entry'>`. */
export type ServerFrameOf<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>;
