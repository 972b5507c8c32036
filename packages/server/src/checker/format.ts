import {
  ConversationId,
  Entry,
  ErrorCode,
  MessageChange,
  MessageEntry,
  Position,
  Seq,
  TimeMs,
  UserId,
} from '@parley/protocol';
import * as z from 'zod/mini';

/** The version of the format, which the first line of a recording has. */
export const formatVersion = 1;

const Name = z.string().check(z.minLength(1), z.maxLength(200));
const Revision = z.int().check(z.nonnegative());
const Milliseconds = z.number().check(z.nonnegative());

/** On every line except the first: a time of one monotonic clock for the whole recording. */
const at = { timeMs: Milliseconds };
/** On every line of a client: its name, which a line `client` has introduced. */
const by = { ...at, client: Name };
/** An operation of a client, or its completion. `op` is unique among the operations of the client. */
const op = { ...by, op: Name };
const inConversation = { conversationId: ConversationId };

const MembersChange = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['add']), userIds: z.array(UserId) }),
  z.strictObject({ kind: z.enum(['remove', 'ban', 'unban']), userId: UserId }),
  z.strictObject({ kind: z.enum(['join', 'leave']) }),
]);

const KnownConversation = z.strictObject({
  ...inConversation,
  headSeq: Position,
  revision: z.optional(Revision),
  /** The first number that the user may read. */
  visibleFromSeq: z.optional(Seq),
  readSeq: z.optional(Position),
  lastMessage: z.optional(z.nullable(MessageEntry)),
});
export type KnownConversation = z.infer<typeof KnownConversation>;

/** The lines of a recording by type. docs/TESTING.md explains each. */
export const lineSchemas = {
  recording: z.strictObject({
    type: z.literal('recording'),
    version: z.literal(formatVersion),
    slackMs: z.optional(Milliseconds),
  }),
  client: z.strictObject({ type: z.literal('client'), ...by, userId: UserId }),

  send: z.strictObject({
    type: z.literal('send'),
    ...{ ...op, ...inConversation },
    clientMessageId: Name,
    text: z.string(),
    replyTo: z.optional(Seq),
  }),
  amend: z.strictObject({
    type: z.literal('amend'),
    ...{ ...op, ...inConversation },
    seq: Seq,
    amendmentId: Name,
    change: MessageChange,
  }),
  change_members: z.strictObject({
    type: z.literal('change_members'),
    ...{ ...op, ...inConversation },
    change: MembersChange,
  }),
  mark_read: z.strictObject({ type: z.literal('mark_read'), ...op, ...inConversation, seq: Position }),
  read_page: z.strictObject({
    type: z.literal('read_page'),
    ...{ ...op, ...inConversation },
    before: z.optional(Seq),
    after: z.optional(Position),
    around: z.optional(Seq),
  }),
  read_changes: z.strictObject({ type: z.literal('read_changes'), ...op, ...inConversation, after: Revision }),

  ack: z.strictObject({ type: z.literal('ack'), ...op, seq: Seq, atMs: TimeMs, messageCount: Position }),
  amend_ack: z.strictObject({ type: z.literal('amend_ack'), ...op, seq: Seq, revision: Revision }),
  done: z.strictObject({ type: z.literal('done'), ...op }),
  page: z.strictObject({
    type: z.literal('page'),
    ...op,
    entries: z.array(Entry),
    headSeq: Position,
    visibleFromSeq: Seq,
    revision: z.optional(Revision),
    catchingUp: z.optional(z.boolean()),
  }),
  changes: z.strictObject({
    type: z.literal('changes'),
    ...op,
    entries: z.array(MessageEntry),
    revision: Revision,
    complete: z.boolean(),
    reread: z.optional(z.boolean()),
  }),
  refused: z.strictObject({
    type: z.literal('refused'),
    ...op,
    code: ErrorCode,
    retryAfterMs: z.optional(Milliseconds),
  }),
  unknown: z.strictObject({ type: z.literal('unknown'), ...op }),

  connecting: z.strictObject({ type: z.literal('connecting'), ...by }),
  connected: z.strictObject({ type: z.literal('connected'), ...by, conversations: z.array(KnownConversation) }),
  disconnected: z.strictObject({ type: z.literal('disconnected'), ...by, how: z.enum(['closed', 'lost']) }),
  entry: z.strictObject({ type: z.literal('entry'), ...by, entry: Entry }),
  amended: z.strictObject({
    type: z.literal('amended'),
    ...{ ...by, ...inConversation },
    after: Revision,
    revision: Revision,
    entries: z.array(MessageEntry),
  }),
  read_position: z.strictObject({
    type: z.literal('read_position'),
    ...{ ...by, ...inConversation },
    userId: UserId,
    seq: Position,
  }),
  watch: z.strictObject({ type: z.literal('watch'), ...by, userIds: z.array(UserId) }),
  presence: z.strictObject({
    type: z.literal('presence'),
    ...by,
    users: z.array(z.strictObject({ userId: UserId, online: z.boolean() })),
  }),

  shown: z.strictObject({ type: z.literal('shown'), ...by, entry: Entry }),
  skipped: z.strictObject({ type: z.literal('skipped'), ...by, ...inConversation, toSeq: Position }),
  forgot: z.strictObject({ type: z.literal('forgot'), ...by, conversationId: z.optional(ConversationId) }),
  caught_up: z.strictObject({ type: z.literal('caught_up'), ...by, conversations: z.array(KnownConversation) }),
  settled: z.strictObject({
    type: z.literal('settled'),
    ...{ ...by, ...inConversation },
    headSeq: Position,
    revision: z.optional(Revision),
    readSeq: z.optional(Position),
    entries: z.array(Entry),
  }),

  restore: z.strictObject({ type: z.literal('restore'), ...at, conversationIds: z.optional(z.array(ConversationId)) }),
  replay: z.strictObject({ type: z.literal('replay'), ...at, conversationIds: z.optional(z.array(ConversationId)) }),
  replay_end: z.strictObject({ type: z.literal('replay_end'), ...at }),
  fault: z.strictObject({ type: z.literal('fault'), ...at, name: Name, crash: z.optional(z.boolean()) }),
  fault_end: z.strictObject({ type: z.literal('fault_end'), ...at, name: Name }),
} as const;

export type LineType = keyof typeof lineSchemas;
export type LineOf<Type extends LineType> = z.infer<(typeof lineSchemas)[Type]>;
export type RecordedLine = { [Type in LineType]: LineOf<Type> }[LineType];

/** A line without the fields that the recorder adds. */
export type NewLine = {
  [Type in Exclude<LineType, 'recording'>]: Omit<LineOf<Type>, 'timeMs'>;
}[Exclude<LineType, 'recording'>];
