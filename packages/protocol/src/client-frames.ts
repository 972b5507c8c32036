import * as z from 'zod/mini';
import { MessageChange } from './amendments.ts';
import { RequestId } from './frames.ts';
import { limits } from './limits.ts';
import { AmendmentId, ClientMessageId, Text } from './text.ts';
import { ConversationId, Position, ReadVersion, Revision, Seq, UserId } from './values.ts';

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
    /** The message that this one replies to. Only for servers with the feature `amendments`. */
    replyTo: z.optional(Seq),
  })
  .register(z.globalRegistry, { id: 'SendFrame', description: 'Sends a message. The response is `ack` or `error`.' });

const Amend = z
  .strictObject({
    type: z.literal('amend'),
    id: RequestId,
    conversationId: ConversationId,
    seq: Seq,
    amendmentId: AmendmentId,
    change: MessageChange,
  })
  .register(z.globalRegistry, {
    id: 'AmendFrame',
    description: 'Changes a message. The response is `amend_ack` or `error`. Only with the feature `amendments`.',
  });

const AskChanges = z
  .strictObject({
    type: z.literal('changes'),
    id: RequestId,
    conversationId: ConversationId,
    after: Revision,
    limit: z.optional(pageLimit(limits.changesPageMax)),
  })
  .register(z.globalRegistry, {
    id: 'AskChangesFrame',
    description: 'Requests the messages amended after a revision. Only with the feature `amendments`.',
  });

const MarkRead = z
  .strictObject({
    type: z.literal('read'),
    id: z.optional(RequestId),
    conversationId: ConversationId,
    seq: Position,
    /**
     * That of the read position that you know: there is no effect if the conversation was marked as unread since. Only
     * for servers with the feature `mark_unread`.
     */
    readVersion: z.optional(ReadVersion),
  })
  .register(z.globalRegistry, {
    id: 'MarkReadFrame',
    description: 'Moves the read position forward. The response is your own `read` with the same id.',
  });

const MarkUnread = z
  .strictObject({
    type: z.literal('unread'),
    id: RequestId,
    conversationId: ConversationId,
    /** The first entry that is to be unread. */
    seq: Seq,
    /** The read position that you know: there is no effect if it has moved since. */
    readSeq: Position,
    readVersion: ReadVersion,
  })
  .register(z.globalRegistry, {
    id: 'MarkUnreadFrame',
    description:
      'Marks an entry and those after it as unread. The response is your own `read` with the same id. Only with the ' +
      'feature `mark_unread`.',
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

const AskCatchUp = z
  .strictObject({
    type: z.literal('catch_up'),
    id: RequestId,
    /** The entries after `after` of each conversation; 0 for all. At most `limit` of them. */
    ranges: z
      .array(
        z.strictObject({
          conversationId: ConversationId,
          after: Position,
          limit: z.optional(pageLimit(limits.historyPageMax)),
        }),
      )
      .check(
        z.minLength(1),
        z.maxLength(limits.catchUpRanges),
        z.superRefine((ranges, context) => {
          const seen = new Set<string>();
          for (const [index, { conversationId }] of ranges.entries()) {
            if (seen.has(conversationId)) {
              const message = 'must differ from the conversations of the other ranges';
              context.addIssue({ code: 'custom', message, path: [index, 'conversationId'] });
            }
            seen.add(conversationId);
          }
        }),
      ),
  })
  .register(z.globalRegistry, {
    id: 'AskCatchUpFrame',
    description: 'Requests missed entries of many conversations, each named once. Only with the feature `catch_up`.',
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
  amend: Amend,
  changes: AskChanges,
  read: MarkRead,
  unread: MarkUnread,
  typing: StartTyping,
  watch: Watch,
  history: AskHistory,
  catch_up: AskCatchUp,
  ping: Ping,
  features: Features,
} as const;
export const ClientFrame = z.discriminatedUnion('type', [
  Hello,
  Send,
  Amend,
  AskChanges,
  MarkRead,
  MarkUnread,
  StartTyping,
  Watch,
  AskHistory,
  AskCatchUp,
  Ping,
  Features,
]);
export type ClientFrame = z.infer<typeof ClientFrame>;
export type ClientFrameOf<Type extends ClientFrame['type']> = Extract<ClientFrame, { type: Type }>;
