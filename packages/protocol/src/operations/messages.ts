import * as z from 'zod/mini';
import { MessageChange } from '../amendments.ts';
import { Emoji } from '../emoji.ts';
import { MessageEntry } from '../entries.ts';
import { limits } from '../limits.ts';
import { AmendmentReceipt, HistoryPage, MessageChanges, ReadPositions, Receipt, User } from '../model.ts';
import { operation } from '../operation.ts';
import { AmendmentId, ClientMessageId, Text } from '../text.ts';
import { ConversationId, Position, ReadVersion, Seq } from '../values.ts';
import { conversationParams } from './conversations.ts';
import { Cursor, pageLimit, queryInt } from './page.ts';

const messageParams = z.strictObject({
  conversationId: ConversationId,
  seq: queryInt(1, Number.MAX_SAFE_INTEGER),
});

const OwnReadPosition = z.object({ seq: Position, messageCount: Position, readVersion: z.optional(ReadVersion) });

/** The reasons for which an amendment is refused. */
const amendmentErrors = [
  'not_found',
  'message_not_found',
  'not_a_message',
  'message_deleted',
  'forbidden',
  'announce_only',
  'edit_window_over',
  'too_many_reactions',
  'too_many_pins',
  'amendment_id_reused',
  'feature_not_enabled',
] as const;

export const messageOperations = {
  sendMessage: operation({
    method: 'POST',
    path: '/v1/conversations/{conversationId}/messages',
    tag: 'Messages',
    access: 'session',
    params: conversationParams,
    body: z.strictObject({ clientMessageId: ClientMessageId, text: Text, replyTo: z.optional(Seq) }),
    status: 201,
    response: Receipt,
    errors: [
      'not_found',
      'announce_only',
      'client_message_id_reused',
      'message_not_found',
      'not_a_message',
      'feature_not_enabled',
    ],
  }),
  getHistory: operation({
    method: 'GET',
    path: '/v1/conversations/{conversationId}/history',
    tag: 'Messages',
    access: 'session',
    params: conversationParams,
    query: z
      .strictObject({
        before: z.optional(queryInt(1, Number.MAX_SAFE_INTEGER)),
        after: z.optional(queryInt(0, Number.MAX_SAFE_INTEGER)),
        around: z.optional(queryInt(1, Number.MAX_SAFE_INTEGER)),
        limit: pageLimit(limits.historyPageSize, limits.historyPageMax),
      })
      .check(
        z.refine((query) => [query.before, query.after, query.around].filter((n) => n !== undefined).length <= 1, {
          error: 'only one of before, after and around may be given',
        }),
      ),
    status: 200,
    response: HistoryPage,
    errors: ['not_found'],
  }),
  amendMessage: operation({
    method: 'POST',
    path: '/v1/conversations/{conversationId}/messages/{seq}/amendments',
    tag: 'Messages',
    access: 'session',
    params: messageParams,
    body: z.strictObject({ amendmentId: AmendmentId, change: MessageChange }),
    status: 200,
    response: AmendmentReceipt,
    errors: amendmentErrors,
  }),
  getChanges: operation({
    method: 'GET',
    path: '/v1/conversations/{conversationId}/changes',
    tag: 'Messages',
    access: 'session',
    params: conversationParams,
    query: z.strictObject({
      after: queryInt(0, Number.MAX_SAFE_INTEGER),
      limit: pageLimit(limits.changesPageSize, limits.changesPageMax),
    }),
    status: 200,
    response: MessageChanges,
    errors: ['not_found', 'feature_not_enabled'],
  }),
  listPins: operation({
    method: 'GET',
    path: '/v1/conversations/{conversationId}/pins',
    tag: 'Messages',
    access: 'session',
    params: conversationParams,
    status: 200,
    response: z.object({ entries: z.array(MessageEntry) }),
    errors: ['not_found', 'feature_not_enabled'],
  }),
  listReactions: operation({
    method: 'GET',
    path: '/v1/conversations/{conversationId}/messages/{seq}/reactions',
    tag: 'Messages',
    access: 'session',
    params: messageParams,
    query: z.strictObject({
      emoji: Emoji,
      limit: pageLimit(limits.memberPageSize, limits.memberPageMax),
      cursor: z.optional(Cursor),
    }),
    status: 200,
    response: z.object({ users: z.array(User), nextCursor: z.nullable(z.string()) }),
    errors: ['not_found', 'message_not_found', 'feature_not_enabled'],
  }),
  getReadPositions: operation({
    method: 'GET',
    path: '/v1/read-positions',
    tag: 'Messages',
    access: 'session',
    query: z.strictObject({
      after: queryInt(0, Number.MAX_SAFE_INTEGER),
      limit: pageLimit(limits.readPositionPageSize, limits.readPositionPageMax),
    }),
    status: 200,
    response: ReadPositions,
    errors: [],
  }),
  markRead: operation({
    method: 'PUT',
    path: '/v1/conversations/{conversationId}/read',
    tag: 'Messages',
    access: 'session',
    params: conversationParams,
    body: z.strictObject({ seq: Position, readVersion: z.optional(ReadVersion) }),
    status: 200,
    response: OwnReadPosition,
    errors: ['not_found'],
  }),
  markUnread: operation({
    method: 'PUT',
    path: '/v1/conversations/{conversationId}/unread',
    tag: 'Messages',
    access: 'session',
    params: conversationParams,
    body: z.strictObject({ seq: Seq, readSeq: Position, readVersion: ReadVersion }),
    status: 200,
    response: OwnReadPosition,
    errors: ['not_found'],
  }),
};
