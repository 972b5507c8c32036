import * as z from 'zod/mini';
import { limits } from '../limits.ts';
import { Account } from '../model.ts';
import { operation } from '../operation.ts';
import { NewDisplayName, Password, SearchQuery, Username } from '../text.ts';
import { ConversationId, TimeMs, UserId } from '../values.ts';
import { Cursor, pageLimit } from './page.ts';

const ManagedUser = z
  .object({ ...Account.shape, disabled: z.boolean(), createdAtMs: TimeMs })
  .register(z.globalRegistry, { id: 'ManagedUser', description: 'An account as an administrator sees it.' });
export type ManagedUser = z.infer<typeof ManagedUser>;

const Invitation = z
  .object({ token: z.string(), expiresAtMs: TimeMs, uses: z.int().check(z.positive()) })
  .register(z.globalRegistry, { id: 'Invitation', description: 'Allows `uses` people to sign up until it expires.' });

const ServerStats = z
  .object({
    version: z.string(),
    startedAtMs: TimeMs,
    users: z.int(),
    /** Present on large servers, which do not count their accounts. */
    usersEstimated: z.optional(z.literal(true)),
    conversations: z.int(),
    directConversations: z.optional(z.int()),
    groups: z.optional(z.int()),
    channels: z.optional(z.int()),
    messages: z.int(),
    onlineUsers: z.int(),
    connections: z.int(),
    databaseBytes: z.int(),
  })
  .register(z.globalRegistry, { id: 'ServerStats', description: 'Counts of stored data and of present users.' });
export type ServerStats = z.infer<typeof ServerStats>;

/** How long after sending a message can be edited; absent: without a limit. At most ten years. */
const EditWindow = z.optional(z.int().check(z.nonnegative(), z.maximum(315_576_000_000)));

const ServerSettings = z.object({ editWindowMs: EditWindow }).register(z.globalRegistry, {
  id: 'ServerSettings',
  description: 'The settings that administrators change while the server runs.',
});

/** The followers that a server has. */
export const followerNames = ['totals'] as const;

const SetAsideRecord = z.object({
  conversationId: ConversationId,
  seq: z.int(),
  revision: z.int(),
  kind: z.string(),
  reason: z.string(),
});

const Follower = z
  .object({
    name: z.enum(followerNames),
    position: z.int(),
    lagRecords: z.int(),
    lagSeconds: z.number(),
    unbuiltPartitions: z.int(),
    setAside: z.int(),
    newestSetAside: z.array(SetAsideRecord),
  })
  .register(z.globalRegistry, {
    id: 'Follower',
    description:
      'The progress of a follower of the feed. `position` is the number of commands that it has applied, `lagRecords` ' +
      'the number of processed commands that it has not applied yet, `unbuiltPartitions` the number of partitions that ' +
      'it must still build from the stores. It sets aside a record that it cannot apply.',
  });

const userParams = z.strictObject({ userId: UserId });

export const administrationOperations = {
  getStats: operation({
    method: 'GET',
    path: '/v1/admin/stats',
    tag: 'Administration',
    access: 'administrator',
    status: 200,
    response: ServerStats,
    errors: [],
  }),
  createInvitation: operation({
    method: 'POST',
    path: '/v1/admin/invitations',
    tag: 'Administration',
    access: 'administrator',
    body: z.strictObject({
      uses: z._default(z.int().check(z.minimum(1), z.maximum(10_000)), 1),
      validForHours: z._default(z.number().check(z.positive(), z.maximum(8_760)), 168),
    }),
    status: 201,
    response: Invitation,
    errors: [],
  }),
  listAccounts: operation({
    method: 'GET',
    path: '/v1/admin/users',
    tag: 'Administration',
    access: 'administrator',
    query: z.strictObject({
      q: z.optional(SearchQuery),
      limit: pageLimit(limits.memberPageSize, limits.memberPageMax),
      cursor: z.optional(Cursor),
    }),
    status: 200,
    response: z.object({ users: z.array(ManagedUser), nextCursor: z.nullable(z.string()) }),
    errors: [],
  }),
  createAccount: operation({
    method: 'POST',
    path: '/v1/admin/users',
    tag: 'Administration',
    access: 'administrator',
    body: z.strictObject({
      username: Username,
      password: Password,
      displayName: z.optional(NewDisplayName),
      administrator: z.optional(z.boolean()),
    }),
    status: 201,
    response: ManagedUser,
    errors: ['username_taken'],
  }),
  setAccountDisabled: operation({
    method: 'PUT',
    path: '/v1/admin/users/{userId}/disabled',
    tag: 'Administration',
    access: 'administrator',
    params: userParams,
    body: z.strictObject({ disabled: z.boolean() }),
    status: 200,
    response: ManagedUser,
    errors: ['not_found', 'last_administrator'],
  }),
  resetPassword: operation({
    method: 'PUT',
    path: '/v1/admin/users/{userId}/password',
    tag: 'Administration',
    access: 'administrator',
    params: userParams,
    body: z.strictObject({ newPassword: Password }),
    status: 204,
    errors: ['not_found'],
  }),
  getSettings: operation({
    method: 'GET',
    path: '/v1/admin/settings',
    tag: 'Administration',
    access: 'administrator',
    status: 200,
    response: ServerSettings,
    errors: [],
  }),
  setSettings: operation({
    method: 'PUT',
    path: '/v1/admin/settings',
    tag: 'Administration',
    access: 'administrator',
    body: z.strictObject({ editWindowMs: EditWindow }),
    status: 200,
    response: ServerSettings,
    errors: [],
  }),
  listFollowers: operation({
    method: 'GET',
    path: '/v1/admin/followers',
    tag: 'Administration',
    access: 'administrator',
    status: 200,
    response: z.object({ followers: z.array(Follower) }),
    errors: [],
  }),
  resetFollower: operation({
    method: 'POST',
    path: '/v1/admin/followers/{name}/reset',
    tag: 'Administration',
    access: 'administrator',
    params: z.strictObject({ name: z.enum(followerNames) }),
    status: 204,
    errors: [],
  }),
};
