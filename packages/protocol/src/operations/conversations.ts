import * as z from 'zod/mini';
import { limits } from '../limits.ts';
import { Ban, Conversation, Homepage, Member } from '../model.ts';
import { operation } from '../operation.ts';
import { ClientMessageId, ConversationName, Description, NewConversationName, SearchQuery } from '../text.ts';
import { ConversationId, HistoryVisibility, Position, Role, UserId } from '../values.ts';
import { Cursor, pageLimit } from './page.ts';

export const conversationParams = z.strictObject({ conversationId: ConversationId });
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
      /** By last activity, or by last change, which may also be an amendment. */
      order: z.optional(z.enum(['activity', 'changes'])),
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
    errors: ['not_found', 'conversation_full', 'banned'],
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
    errors: ['not_found', 'forbidden', 'already_member', 'conversation_full', 'user_banned', 'not_for_direct'],
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
  listBans: operation({
    method: 'GET',
    path: '/v1/conversations/{conversationId}/bans',
    tag: 'Members',
    access: 'session',
    params: conversationParams,
    query: z.strictObject({
      limit: pageLimit(limits.memberPageSize, limits.memberPageMax),
      cursor: z.optional(Cursor),
    }),
    status: 200,
    response: z.object({ bans: z.array(Ban), nextCursor: z.nullable(z.string()) }),
    errors: ['not_found', 'forbidden'],
  }),
  banUser: operation({
    method: 'PUT',
    path: '/v1/conversations/{conversationId}/bans/{userId}',
    tag: 'Members',
    access: 'session',
    params: memberParams,
    status: 204,
    errors: ['not_found', 'forbidden', 'too_many_bans', 'not_for_direct', 'feature_not_enabled'],
  }),
  unbanUser: operation({
    method: 'DELETE',
    path: '/v1/conversations/{conversationId}/bans/{userId}',
    tag: 'Members',
    access: 'session',
    params: memberParams,
    status: 204,
    errors: ['not_found', 'forbidden', 'not_for_direct', 'feature_not_enabled'],
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
};
