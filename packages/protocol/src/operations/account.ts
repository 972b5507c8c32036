import * as z from 'zod/mini';
import { limits } from '../limits.ts';
import { Account, NameVersion, Session, User } from '../model.ts';
import { operation } from '../operation.ts';
import { NewDeviceName, NewDisplayName, Password, PasswordAttempt, SearchQuery, Username } from '../text.ts';
import { Epoch, SessionId, UserId } from '../values.ts';
import { Cursor, pageLimit } from './page.ts';

/** How people get an account on a server. */
export const SignupMode = z.enum(['open', 'invitation', 'closed']);
export type SignupMode = z.infer<typeof SignupMode>;

const ServerInfo = z
  .object({
    version: z.string(),
    signup: SignupMode,
    /** Whether the server has no account yet. The first account becomes its administrator. */
    empty: z.boolean(),
    /** The epoch of the data of the user `userId`. */
    epoch: z.optional(Epoch),
  })
  .register(z.globalRegistry, {
    id: 'ServerInfo',
    description: 'What a client needs to know before it has an account.',
  });

/** The request header that {@link deviceHeaders} describes. */
export const deviceHeader = 'parley-device';

/** The secrets of accounts that logged in on the device, newest first. */
const deviceHeaders = z.strictObject({
  [deviceHeader]: z.optional(
    z.string().check(
      z.regex(new RegExp(`^[\\w-]{43}(, ?[\\w-]{43}){0,${limits.deviceSecretsPerRequest - 1}}$`), {
        error: `must be 1 to ${limits.deviceSecretsPerRequest} device secrets, separated by commas`,
      }),
    ),
  ),
});

const LoggedIn = z
  .object({
    token: z.string(),
    session: Session,
    account: Account,
    /** Identifies the device at later log-ins; see `login`. Earlier servers omit it. */
    deviceSecret: z.optional(z.string()),
  })
  .register(z.globalRegistry, {
    id: 'LoggedIn',
    description: 'A new session. Token and device secret are returned only once; the server stores their hashes.',
  });

export const accountOperations = {
  getServer: operation({
    method: 'GET',
    path: '/v1/server',
    tag: 'Account',
    access: 'public',
    query: z.strictObject({ userId: z.optional(UserId) }),
    status: 200,
    response: ServerInfo,
    errors: [],
  }),
  signup: operation({
    method: 'POST',
    path: '/v1/signup',
    tag: 'Account',
    access: 'public',
    body: z.strictObject({
      username: Username,
      password: Password,
      displayName: z.optional(NewDisplayName),
      invitation: z.optional(z.string().check(z.minLength(1), z.maxLength(128))),
      device: z.optional(NewDeviceName),
    }),
    status: 201,
    response: LoggedIn,
    errors: ['username_taken', 'signup_closed', 'invalid_invitation', 'first_account_link_needed'],
  }),
  login: operation({
    method: 'POST',
    path: '/v1/login',
    tag: 'Account',
    access: 'public',
    headers: deviceHeaders,
    body: z.strictObject({
      username: z.string().check(z.maxLength(limits.usernameMaxLength)),
      password: PasswordAttempt,
      device: z.optional(NewDeviceName),
    }),
    status: 201,
    response: LoggedIn,
    errors: ['wrong_credentials'],
  }),
  logout: operation({
    method: 'POST',
    path: '/v1/logout',
    tag: 'Account',
    access: 'session',
    status: 204,
    errors: [],
  }),
  listSessions: operation({
    method: 'GET',
    path: '/v1/sessions',
    tag: 'Account',
    access: 'session',
    status: 200,
    response: z.object({ sessions: z.array(Session) }),
    errors: [],
  }),
  revokeSession: operation({
    method: 'DELETE',
    path: '/v1/sessions/{sessionId}',
    tag: 'Account',
    access: 'session',
    params: z.strictObject({ sessionId: SessionId }),
    status: 204,
    errors: ['not_found'],
  }),
  changePassword: operation({
    method: 'POST',
    path: '/v1/password',
    tag: 'Account',
    access: 'session',
    headers: deviceHeaders,
    body: z.strictObject({ currentPassword: PasswordAttempt, newPassword: Password }),
    status: 204,
    errors: ['wrong_credentials'],
  }),
  getAccount: operation({
    method: 'GET',
    path: '/v1/account',
    tag: 'Account',
    access: 'session',
    status: 200,
    response: Account,
    errors: [],
  }),
  updateAccount: operation({
    method: 'PATCH',
    path: '/v1/account',
    tag: 'Account',
    access: 'session',
    body: z.strictObject({ displayName: NewDisplayName }),
    status: 200,
    response: Account,
    errors: [],
  }),
  userSearch: operation({
    method: 'GET',
    path: '/v1/users',
    tag: 'People',
    access: 'session',
    query: z.strictObject({
      q: SearchQuery,
      limit: pageLimit(limits.searchPageSize, limits.searchPageMax),
      cursor: z.optional(Cursor),
    }),
    status: 200,
    response: z.object({ users: z.array(User), nextCursor: z.nullable(z.string()) }),
    errors: [],
  }),
  lookUpUsers: operation({
    method: 'POST',
    path: '/v1/users/lookup',
    tag: 'People',
    access: 'session',
    body: z
      .strictObject({
        userIds: z.array(UserId).check(z.minLength(1), z.maxLength(limits.usersPerLookup)),
        /** The known versions in the order of `userIds`; null if unknown. */
        versions: z.optional(z.array(z.nullable(NameVersion)).check(z.maxLength(limits.usersPerLookup))),
      })
      .check(
        z.refine(({ userIds, versions }) => !versions || versions.length === userIds.length, {
          path: ['versions'],
          error: 'must have as many items as userIds',
        }),
      ),
    status: 200,
    response: z.object({ users: z.array(User) }),
    errors: [],
  }),
  getUser: operation({
    method: 'GET',
    path: '/v1/users/{userId}',
    tag: 'People',
    access: 'session',
    params: z.strictObject({ userId: UserId }),
    status: 200,
    response: User,
    errors: ['not_found'],
  }),
};
