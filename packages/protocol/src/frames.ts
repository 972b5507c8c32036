import * as z from 'zod/mini';
import { Entry } from './entries.ts';
import { ErrorCode } from './errors.ts';
import { Account, Conversation, HistoryPage, Homepage, ReadRevision, Receipt } from './model.ts';
import { ClientMessageId, DisplayName } from './text.ts';
import { ConversationId, Epoch, Position, SessionId, TimeMs, UserId } from './values.ts';

export const subprotocol = 'parley.v1';

/** Chosen by the client; the answer repeats it. */
export const RequestId = z.string().check(z.minLength(1), z.maxLength(64));

/**
 * What the server can do beyond the first version, by name. Absent from servers of earlier versions, which take no
 * `features` frame; a server that has it, empty or not, does.
 */
const ServerFeatures = z.array(z.string());

const Welcome = z
  .object({
    type: z.literal('welcome'),
    account: Account,
    sessionId: SessionId,
    serverTimeMs: TimeMs,
    homepage: Homepage,
    /** Read before the homepage. When it is another one than you have, `getReadPositions` tells what changed. */
    readRevision: z.optional(ReadRevision),
    /** The epoch of what the server keeps by person: which conversations are yours, and how far you have read. */
    epoch: z.optional(Epoch),
    features: z.optional(ServerFeatures),
  })
  .register(z.globalRegistry, {
    id: 'WelcomeFrame',
    description:
      'The connection is live and this is the snapshot. Entries may come before it: keep them, the numbers sort it out.',
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
    /** The request that this answers; absent when the frame had none. */
    id: z.optional(RequestId),
    code: ErrorCode,
    message: z.string(),
    /** A JSON Pointer to the field that broke the rule in `message`. */
    field: z.optional(z.string()),
    retryAfterMs: z.optional(z.int()),
  })
  .register(z.globalRegistry, { id: 'ErrorFrame', description: 'A request was refused; nothing of it was done.' });

const EntryFrame = z.object({ type: z.literal('entry'), entry: Entry }).register(z.globalRegistry, {
  id: 'EntryFrame',
  description: 'The next entry of one of your conversations; your own messages come too, on every device.',
});

const ReadFrame = z
  .object({
    type: z.literal('read'),
    id: z.optional(RequestId),
    conversationId: ConversationId,
    userId: UserId,
    seq: Position,
    /** How many messages the conversation had up to `seq`. */
    messageCount: Position,
  })
  .register(z.globalRegistry, { id: 'ReadFrame', description: "Somebody's read position, your own included, moved." });

const TypingFrame = z
  .object({ type: z.literal('typing'), conversationId: ConversationId, userId: UserId })
  .register(z.globalRegistry, {
    id: 'TypingFrame',
    description: 'Somebody types in a conversation that your `watch` names in `typingIn`; valid for six seconds.',
  });

const PresenceFrame = z
  .object({
    type: z.literal('presence'),
    /** Set on the snapshot that answers a `watch`. */
    id: z.optional(RequestId),
    users: z.array(z.object({ userId: UserId, online: z.boolean() })),
    conversations: z.array(z.object({ conversationId: ConversationId, onlineCount: Position })),
  })
  .register(z.globalRegistry, { id: 'PresenceFrame', description: 'Presence of what you watch: snapshot or changes.' });

const UserFrame = z
  .object({ type: z.literal('user'), userId: UserId, displayName: DisplayName })
  .register(z.globalRegistry, {
    id: 'UserFrame',
    description: 'Somebody whom you watch, or you yourself on another device, has a new display name.',
  });

const HistoryFrame = z
  .object({ type: z.literal('history'), id: RequestId, ...HistoryPage.shape })
  .register(z.globalRegistry, { id: 'HistoryFrame', description: 'Answers `history`.' });

const ConversationFrame = z
  .object({
    type: z.literal('conversation'),
    conversationId: ConversationId,
    /** What it is now; null when it is no longer yours. */
    conversation: z.nullable(Conversation),
  })
  .register(z.globalRegistry, {
    id: 'ConversationFrame',
    description: 'A conversation became yours, changed in more than its entries, or is no longer yours.',
  });

const Resync = z.object({ type: z.literal('resync'), reason: z.string() }).register(z.globalRegistry, {
  id: 'ResyncFrame',
  description: 'You missed something; a close follows. Connect again.',
});

const Goaway = z
  .object({ type: z.literal('goaway'), delayMs: z.int() })
  .register(z.globalRegistry, { id: 'GoawayFrame', description: 'The server is leaving. Come back after the delay.' });

const Pong = z
  .object({
    type: z.literal('pong'),
    id: z.optional(RequestId),
    /** As in `welcome`, for clients that stay; absent from servers of earlier versions. */
    serverTimeMs: z.optional(TimeMs),
    /** As in `welcome`, once, when they are others than this connection was told. */
    features: z.optional(ServerFeatures),
  })
  .register(z.globalRegistry, { id: 'PongFrame', description: 'Answers `ping`.' });

export const serverFrames = {
  welcome: Welcome,
  ack: Ack,
  error: ErrorFrame,
  entry: EntryFrame,
  read: ReadFrame,
  typing: TypingFrame,
  presence: PresenceFrame,
  user: UserFrame,
  history: HistoryFrame,
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
  ReadFrame,
  TypingFrame,
  PresenceFrame,
  UserFrame,
  HistoryFrame,
  ConversationFrame,
  Resync,
  Goaway,
  Pong,
]);
export type ServerFrame = z.infer<typeof ServerFrame>;
/** One kind of server frame: `ServerFrameOf<'entry'>`. */
export type ServerFrameOf<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>;
