import * as z from 'zod/mini';
import { limits } from '../limits.ts';
import { Conversation, HistoryPage, Homepage, Member, ReadPositions, Receipt } from '../model.ts';
import { operation } from '../operation.ts';
import { ClientMessageId, ConversationName, Description, NewConversationName, SearchQuery, Text } from '../text.ts';
import { ConversationId, HistoryVisibility, Position, Role, UserId } from '../values.ts';
import { Cursor, pageLimit, queryInt } from './page.ts';

const conversationParams = z.strictObject({ conversationId: ConversationId });
const memberParams = z.strictObject({ conversationId: ConversationId, userId: UserId });
const UserIds = z.array(UserId).check(z.maxLength(limits.membersPerRequest));

/** Makes creation idempotent: the same id from the same user returns the same conversation. */
const ClientRequestId = z.optional(ClientMessageId);

const PublicChannel = z
  .object({ id: ConversationId, name: ConversationName, description: Description, memberCount: Position })
  .register(z.globalRegistry, { id: 'PublicChannel', description: 'A channel in search results.' });

const queryFlag = z.pipe(
  z.enum(['true', 'false']),
  z.transform((value) => value === 'true'),
);

export const conversationOperations = {
  getHomepage: operation({
    method: 'GET',
    path: '/v1/homepage',
    tag: 'Conversations',
    access: 'session',
    query: z.strictObject({
      limit: pageLimit(limits.homepagePageSize, limits.homepagePageMax),
      cursor: z.optional(Cursor),
      left: z.optional(queryFlag),
    }),
    status: 200,
    response: Homepage,
    errors: [],
  }),
  getConversation: operation({
    method: 'GET',
    path: '/v1/conversations/{conversationId}',
    tag: 'Conversations',
    access: 'session',
    params: conversationParams,
    status: 200,
    response: Conversation,
    errors: ['not_found'],
  }),
  openDirect: operation({
    method: 'POST',
    path: '/v1/direct',
    tag: 'Conversations',
    access: 'session',
    body: z.strictObject({ userId: UserId }),
    status: 200,
    response: Conversation,
    errors: ['not_found'],
  }),
  createGroup: operation({
    method: 'POST',
    path: '/v1/groups',
    tag: 'Conversations',
    access: 'session',
    body: z.strictObject({
      name: NewConversationName,
      description: z.optional(Description),
      history: z.optional(HistoryVisibility),
      announceOnly: z.optional(z.boolean()),
      userIds: z.optional(UserIds),
      clientRequestId: ClientRequestId,
    }),
    status: 201,
    response: Conversation,
    errors: ['not_found', 'client_request_id_reused'],
  }),
  createChannel: operation({
    method: 'POST',
    path: '/v1/channels',
    tag: 'Conversations',
    access: 'session',
    body: z.strictObject({
      name: NewConversationName,
      description: z.optional(Description),
      announceOnly: z.optional(z.boolean()),
      history: z.optional(HistoryVisibility),
      clientRequestId: ClientRequestId,
    }),
    status: 201,
    response: Conversation,
    errors: ['client_request_id_reused'],
  }),
  channelSearch: operation({
    method: 'GET',
    path: '/v1/channels',
    tag: 'Conversations',
    access: 'session',
    query: z.strictObject({
      q: z.optional(SearchQuery),
      limit: pageLimit(limits.searchPageSize, limits.searchPageMax),
      cursor: z.optional(Cursor),
    }),
    status: 200,
    response: z.object({ channels: z.array(PublicChannel), nextCursor: z.nullable(z.string()) }),
    errors: [],
  }),
  joinChannel: operation({
    method: 'POST',
    path: '/v1/channels/{conversationId}/join',
    tag: 'Conversations',
    access: 'session',
    params: conversationParams,
    status: 200,
    response: Conversation,
    errors: ['not_found', 'conversation_full'],
  }),
  leaveConversation: operation({
    method: 'POST',
    path: '/v1/conversations/{conversationId}/leave',
    tag: 'Conversations',
    access: 'session',
    params: conversationParams,
    status: 204,
    errors: ['not_found', 'last_owner', 'not_for_direct'],
  }),
  updateConversation: operation({
    method: 'PATCH',
    path: '/v1/conversations/{conversationId}',
    tag: 'Conversations',
    access: 'session',
    params: conversationParams,
    body: z
      .strictObject({
        name: z.optional(NewConversationName),
        description: z.optional(Description),
        announceOnly: z.optional(z.boolean()),
      })
      .check(
        z.refine((body) => Object.keys(body).length > 0, { error: 'give at least one of the fields' }),
        z.meta({ minProperties: 1 }),
      ),
    status: 200,
    response: Conversation,
    errors: ['not_found', 'forbidden', 'not_for_direct'],
  }),
  listMembers: operation({
    method: 'GET',
    path: '/v1/conversations/{conversationId}/members',
    tag: 'Members',
    access: 'session',
    params: conversationParams,
    query: z.strictObject({
      limit: pageLimit(limits.memberPageSize, limits.memberPageMax),
      cursor: z.optional(Cursor),
    }),
    status: 200,
    response: z.object({ members: z.array(Member), nextCursor: z.nullable(z.string()) }),
    errors: ['not_found'],
  }),
  addMembers: operation({
    method: 'POST',
    path: '/v1/conversations/{conversationId}/members',
    tag: 'Members',
    access: 'session',
    params: conversationParams,
    body: z.strictObject({ userIds: UserIds.check(z.minLength(1)) }),
    status: 204,
    errors: ['not_found', 'forbidden', 'already_member', 'conversation_full', 'not_for_direct'],
  }),
  removeMember: operation({
    method: 'DELETE',
    path: '/v1/conversations/{conversationId}/members/{userId}',
    tag: 'Members',
    access: 'session',
    params: memberParams,
    status: 204,
    errors: ['not_found', 'forbidden', 'last_owner', 'not_for_direct'],
  }),
  setRole: operation({
    method: 'PUT',
    path: '/v1/conversations/{conversationId}/members/{userId}/role',
    tag: 'Members',
    access: 'session',
    params: memberParams,
    body: z.strictObject({ role: Role }),
    status: 204,
    errors: ['not_found', 'forbidden', 'last_owner', 'not_for_direct'],
  }),
  sendMessage: operation({
    method: 'POST',
    path: '/v1/conversations/{conversationId}/messages',
    tag: 'Messages',
    access: 'session',
    params: conversationParams,
    body: z.strictObject({ clientMessageId: ClientMessageId, text: Text }),
    status: 201,
    response: Receipt,
    errors: ['not_found', 'announce_only', 'client_message_id_reused'],
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
    body: z.strictObject({ seq: Position }),
    status: 200,
    response: z.object({ seq: Position, messageCount: Position }),
    errors: ['not_found'],
  }),
};
