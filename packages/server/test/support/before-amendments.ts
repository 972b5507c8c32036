// The wire as it was before amendments, for tests of older clients and servers. It is frozen: it does not follow changes
// of the protocol. Objects are strict, which clients are not: a field that came later has to be listed here.
import * as z from 'zod/mini';

const number = z.int().check(z.nonnegative());
const id = z.string();
const user = z.looseObject({ id, username: z.string(), displayName: z.string(), online: z.boolean() });

const entryFields = { conversationId: id, seq: number, messageCount: number, atMs: number, senderId: id };
const message = z.strictObject({
  kind: z.literal('message'),
  ...entryFields,
  clientMessageId: z.string().check(z.minLength(1), z.maxLength(64)),
  text: z.string().check(z.minLength(1), z.maxLength(20_000)),
});
const notices = ['created', 'joined', 'left', 'added', 'removed', 'role', 'updated'] as const;
const entry = z.union([message, z.looseObject({ kind: z.enum(notices), ...entryFields })]);

const conversation = z.strictObject({
  ...{ id, name: z.nullable(z.string()), description: z.string(), announceOnly: z.boolean() },
  kind: z.enum(['direct', 'group', 'channel']),
  history: z.enum(['all', 'since_joining']),
  ...{ memberCount: number, membershipSeq: z.optional(number), headSeq: number, messageCount: number },
  ...{ lastActivityAtMs: number, unreadCount: number, epoch: z.optional(z.string()) },
  membership: z.nullable(
    z.strictObject({
      role: z.enum(['owner', 'admin', 'member']),
      ...{ joinedSeq: number, visibleFromSeq: number, readSeq: number },
    }),
  ),
  lastMessage: z.nullable(message),
  partner: z.nullable(user),
});

const page = {
  ...{ conversationId: id, headSeq: number, visibleFromSeq: number, epoch: z.optional(z.string()) },
  entries: z.array(entry),
};
const features = z.optional(z.array(z.string()));

/** What a server sent, by the type of the frame. */
export const olderServerFrames: Readonly<Record<string, z.ZodMiniType>> = {
  welcome: z.strictObject({
    type: z.literal('welcome'),
    account: z.looseObject({ id }),
    ...{
      sessionId: id,
      serverTimeMs: number,
      readRevision: z.optional(number),
      epoch: z.optional(z.string()),
      features,
    },
    homepage: z.strictObject({
      conversations: z.array(conversation),
      left: z.array(z.looseObject({ conversationId: id, atMs: number })),
      nextCursor: z.nullable(z.string()),
    }),
  }),
  ack: z.strictObject({
    type: z.literal('ack'),
    ...{ id, clientMessageId: z.string(), conversationId: id, seq: number, messageCount: number, atMs: number },
  }),
  error: z.looseObject({ type: z.literal('error'), id: z.optional(id), code: z.string(), message: z.string() }),
  entry: z.strictObject({ type: z.literal('entry'), entry }),
  read: z.strictObject({
    type: z.literal('read'),
    ...{ id: z.optional(id), conversationId: id, userId: id, seq: number, messageCount: number },
  }),
  typing: z.strictObject({ type: z.literal('typing'), conversationId: id, userId: id }),
  presence: z.looseObject({ type: z.literal('presence'), users: z.array(z.unknown()) }),
  user: z.looseObject({ type: z.literal('user'), userId: id, displayName: z.string() }),
  history: z.strictObject({ type: z.literal('history'), id, ...page }),
  conversation: z.strictObject({
    type: z.literal('conversation'),
    ...{ conversationId: id, conversation: z.nullable(conversation) },
  }),
  resync: z.looseObject({ type: z.literal('resync'), reason: z.string() }),
  goaway: z.looseObject({ type: z.literal('goaway'), delayMs: number }),
  pong: z.strictObject({ type: z.literal('pong'), id: z.optional(id), serverTimeMs: z.optional(number), features }),
};

/** The fields that came with amendments, by the object that has them. All are optional, and clients ignore them. */
const laterFields = {
  message: ['replyTo', 'revision', 'editedAtMs', 'deleted', 'reactions', 'pinned'],
  conversation: ['revision'],
  page: ['revision', 'quoted'],
} as const;

/** The frame as a client without amendments reads it: without the fields that came with them. */
export function asOlderClient(frame: unknown): unknown {
  return JSON.parse(JSON.stringify(frame), (_key, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const kind = value.kind === 'message' ? 'message' : 'lastMessage' in value ? 'conversation' : 'page';
    const dropped: readonly string[] = kind === 'page' && !('entries' in value) ? [] : laterFields[kind];
    return Object.fromEntries(Object.entries(value).filter(([name]) => !dropped.includes(name)));
  });
}

/** What a server accepted, by the type of the frame. */
export const olderClientFrames: Readonly<Record<string, z.ZodMiniType>> = {
  hello: z.strictObject({
    type: z.literal('hello'),
    token: z.string(),
    ...{ homepageLimit: z.optional(number), resume: z.optional(z.boolean()) },
  }),
  send: z.strictObject({
    type: z.literal('send'),
    ...{ id, conversationId: id, clientMessageId: z.string(), text: z.string() },
  }),
  read: z.strictObject({ type: z.literal('read'), id: z.optional(id), conversationId: id, seq: number }),
  typing: z.strictObject({ type: z.literal('typing'), conversationId: id }),
  watch: z.strictObject({
    type: z.literal('watch'),
    ...{ id, userIds: z.array(id) },
    ...{ conversationIds: z.optional(z.array(id)), typingIn: z.optional(z.array(id)) },
  }),
  history: z.strictObject({
    type: z.literal('history'),
    ...{ id, conversationId: id, before: z.optional(number), after: z.optional(number), around: z.optional(number) },
    limit: z.optional(number),
  }),
  ping: z.strictObject({ type: z.literal('ping'), id: z.optional(id) }),
  features: z.strictObject({ type: z.literal('features'), features: z.array(z.string()) }),
};

/** The paths and query parameters of reads that a server accepted. */
const olderReads: readonly [RegExp, readonly string[]][] = [
  [/^\/v1\/homepage$/, ['limit', 'cursor', 'left']],
  [/^\/v1\/read-positions$/, ['after', 'limit']],
  [/^\/v1\/conversations\/[^/]+$/, []],
  [/^\/v1\/conversations\/[^/]+\/history$/, ['before', 'after', 'around', 'limit']],
  [/^\/v1\/conversations\/[^/]+\/members$/, ['cursor', 'limit']],
];

/** Whether a server without amendments accepted a read of this address. */
export function wasRead(url: URL): boolean {
  const names = [...url.searchParams.keys()];
  return olderReads.some(([path, known]) => path.test(url.pathname) && names.every((name) => known.includes(name)));
}
