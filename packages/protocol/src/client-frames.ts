import * as z from 'zod/mini';
import { RequestId } from './frames.ts';
import { limits } from './limits.ts';
import { ClientMessageId, Text } from './text.ts';
import { ConversationId, Position, Seq, UserId } from './values.ts';

const pageLimit = (max: number) => z.int().check(z.minimum(1), z.maximum(max));

const Hello = z
  .strictObject({
    type: z.literal('hello'),
    token: z.string().check(z.minLength(1), z.maxLength(128)),
    /** Number of conversations on the first page of the homepage. */
    homepageLimit: z.optional(pageLimit(limits.homepagePageMax)),
    /** Whether the client has stored conversations: the homepage then also lists those that you left. */
    resume: z.optional(z.boolean()),
  })
  .register(z.globalRegistry, { id: 'HelloFrame', description: 'The first frame of every connection, within 5 s.' });

const Send = z
  .strictObject({
    type: z.literal('send'),
    id: RequestId,
    conversationId: ConversationId,
    clientMessageId: ClientMessageId,
    text: Text,
  })
  .register(z.globalRegistry, { id: 'SendFrame', description: 'Sends a message. The response is `ack` or `error`.' });

const MarkRead = z
  .strictObject({ type: z.literal('read'), id: z.optional(RequestId), conversationId: ConversationId, seq: Position })
  .register(z.globalRegistry, {
    id: 'MarkReadFrame',
    description: 'Moves the read position forward. The response is your own `read` with the same id.',
  });

const StartTyping = z
  .strictObject({ type: z.literal('typing'), conversationId: ConversationId })
  .register(z.globalRegistry, {
    id: 'StartTypingFrame',
    description: 'Repeat every few seconds while the user types. Only errors get a response.',
  });

const Watch = z
  .strictObject({
    type: z.literal('watch'),
    id: RequestId,
    userIds: z.array(UserId).check(z.maxLength(limits.watchedUsers)),
    /** Conversations whose online count to send. */
    conversationIds: z.optional(z.array(ConversationId).check(z.maxLength(limits.watchedConversations))),
    /** Conversations whose typing users to send. */
    typingIn: z.optional(z.array(ConversationId).check(z.maxLength(limits.watchedTyping))),
  })
  .register(z.globalRegistry, {
    id: 'WatchFrame',
    description: 'Replaces what this connection watches. The response is a `presence` with the same id.',
  });

const AskHistory = z
  .strictObject({
    type: z.literal('history'),
    id: RequestId,
    conversationId: ConversationId,
    /** At most one of these three. None: the newest page. */
    before: z.optional(Seq),
    after: z.optional(Position),
    around: z.optional(Seq),
    limit: z.optional(pageLimit(limits.historyPageMax)),
  })
  .check(
    z.refine((frame) => [frame.before, frame.after, frame.around].filter((n) => n !== undefined).length <= 1, {
      error: 'only one of before, after and around may be given',
    }),
  )
  .register(z.globalRegistry, {
    id: 'AskHistoryFrame',
    description: 'Requests entries. Only one of `before`, `after` and `around` may be given.',
    not: {
      anyOf: [{ required: ['before', 'after'] }, { required: ['before', 'around'] }, { required: ['after', 'around'] }],
    },
  });

const Ping = z
  .strictObject({ type: z.literal('ping'), id: z.optional(RequestId) })
  .register(z.globalRegistry, { id: 'PingFrame', description: 'Keeps the connection open. The response is `pong`.' });

/** Replaces the previous one. Only errors get a response. Servers of earlier versions reject it. */
const Features = z
  .strictObject({
    type: z.literal('features'),
    /** The server ignores unknown names. */
    features: z
      .array(z.string().check(z.regex(/^[a-z][a-z0-9_]*$/), z.maxLength(limits.featureNameLength)))
      .check(z.maxLength(limits.features)),
  })
  .register(z.globalRegistry, {
    id: 'FeaturesFrame',
    description: 'The features of the client. Only for a server whose `welcome` has `features`.',
  });

export const clientFrames = {
  hello: Hello,
  send: Send,
  read: MarkRead,
  typing: StartTyping,
  watch: Watch,
  history: AskHistory,
  ping: Ping,
  features: Features,
} as const;
export const ClientFrame = z.discriminatedUnion('type', [
  Hello,
  Send,
  MarkRead,
  StartTyping,
  Watch,
  AskHistory,
  Ping,
  Features,
]);
export type ClientFrame = z.infer<typeof ClientFrame>;
export type ClientFrameOf<Type extends ClientFrame['type']> = Extract<ClientFrame, { type: Type }>;
