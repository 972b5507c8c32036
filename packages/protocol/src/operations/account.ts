import * as z from 'zod/mini';
import { limits } from '../limits.ts';
import { Account, NameVersion, Session, User } from '../model.ts';
import { operation } from '../operation.ts';
import { NewDeviceName, NewDisplayName, Password, PasswordAttempt, SearchQuery, Username } from '../text.ts';
import { Epoch, SessionId, UserId } from '../values.ts';
import { Cursor, pageLimit } from './page.ts';

/** How one becomes a user of a server. */
export const SignupMode = z.enum(['open', 'invitation', 'closed']);
export type SignupMode = z.infer<typeof SignupMode>;

const ServerInfo = z
  .object({
    version: z.string(),
    signup: SignupMode,
    /** True until the first account, which will administer the server, was made. */
    empty: z.boolean(),
    /** Of what the server keeps by the person that was asked for. */
    epoch: z.optional(Epoch),
  })
  .register(z.globalRegistry, { id: 'ServerInfo', description: 'What a client needs before it has an account.' });

/** The request header that {@link deviceHeaders} describes. */
export const deviceHeader = 'parley-device';

/** The secrets that a client keeps of accounts that logged in on its device, newest first. */
const deviceHeaders = z.strictObject({
  [deviceHeader]: z.optional(
    z.string().check(
      z.regex(new RegExp(`^[\\w-]{43}(, ?[\\w-]{43}){0,${limits.deviceSecretsPerRequest - 1}}$`), {
        error: `must be 1 to ${limits.deviceSecretsPerRequest} device secrets, with commas`,
      }),
    ),
  ),
});

const LoggedIn = z
  .object({
    token: z.string(),
    session: Session,
    account: Account,
    /** Makes the device known to the account; see `login`. Absent from earlier servers. */
    deviceSecret: z.optional(z.string()),
  })
  .register(z.globalRegistry, {
    id: 'LoggedIn',
    description:
      'A new session. The token and the device secret are shown this once; the server keeps their hashes alone.',
  });

export const accountOperations = {
  getServer: operation({
    method: 'GET',
    path: '/v1/server',
    tag: 'Account',
    summary: 'Version and sign-up mode of the server',
    description:
      'With `userId` also the epoch of what is kept by that person, whether there is such a person or not: by it a ' +
      'client whose session has ended knows whether the server was restored to a moment before the session.',
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
    summary: 'Make an account and log in',
    description: 'The first account on an empty server administers it.',
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
    summary: 'Log in on one more device',
    description:
      'Takes as long and answers the same whether the name is unknown or the password wrong. The answer has a ' +
      '`deviceSecret`, which lets nobody in by itself. Keep it, also after logging out, and send it in the header ' +
      '`parley-device` when somebody logs in: a log-in with a secret of the account is counted for that device alone, ' +
      'so that guesses from elsewhere do not keep its owner out. Secrets of other accounts and unknown ones change ' +
      'nothing. Changing or resetting the password and disabling the account end its secrets.',
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
    summary: 'End this session and close its sockets',
    access: 'session',
    status: 204,
    errors: [],
  }),
  listSessions: operation({
    method: 'GET',
    path: '/v1/sessions',
    tag: 'Account',
    summary: 'All sessions of this account, newest first',
    access: 'session',
    status: 200,
    response: z.object({ sessions: z.array(Session) }),
    errors: [],
  }),
  revokeSession: operation({
    method: 'DELETE',
    path: '/v1/sessions/{sessionId}',
    tag: 'Account',
    summary: 'End one of your sessions and close its sockets',
    access: 'session',
    params: z.strictObject({ sessionId: SessionId }),
    status: 204,
    errors: ['not_found'],
  }),
  changePassword: operation({
    method: 'POST',
    path: '/v1/password',
    tag: 'Account',
    summary: 'Change the password; every other session ends',
    description: 'Every device secret of the account ends too, but those in the header `parley-device`.',
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
    summary: 'Your own account',
    access: 'session',
    status: 200,
    response: Account,
    errors: [],
  }),
  updateAccount: operation({
    method: 'PATCH',
    path: '/v1/account',
    tag: 'Account',
    summary: 'Change your display name',
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
    summary: 'Find people by the start of their username or of a word of their display name',
    description:
      'Without regard to case, accents, apostrophes and the punctuation between words. By the term that matched.',
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
    summary: 'People by id, without those whose names are known as they are',
    description:
      'Give the `version` of each name that you have. The answer has everybody whose names have another one by now, and ' +
      'those for whom you gave none; disabled accounts too, since what they wrote stays. A user who is not in the ' +
      'answer has the same names as before, or no account.',
    access: 'session',
    body: z
      .strictObject({
        userIds: z.array(UserId).check(z.minLength(1), z.maxLength(limits.usersPerLookup)),
        /** Of the names that are known, in the order of `userIds`; null for none. */
        versions: z.optional(z.array(z.nullable(NameVersion)).check(z.maxLength(limits.usersPerLookup))),
      })
      .check(
        z.refine(({ userIds, versions }) => !versions || versions.length === userIds.length, {
          path: ['versions'],
          error: 'must be as many as userIds',
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
    summary: 'One person',
    access: 'session',
    params: z.strictObject({ userId: UserId }),
    status: 200,
    response: User,
    errors: ['not_found'],
  }),
};
