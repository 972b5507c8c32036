import type { ManagedUser, RequestOf, ResponseOf, ServerStats, UserId } from '@parley/protocol';
import * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';
import { cursorText, decodeCursor, encodeCursor } from '../platform/cursor.ts';
import { Refusal } from '../platform/failures.ts';
import { type Ids, tokenHash } from '../platform/ids.ts';
import { accountView, usernameTaken } from './account-views.ts';
import type { Accounts } from './accounts.ts';
import type { PasswordHashing } from './password-hashing.ts';
import type { UserRecord, UserStore } from './users-port.ts';

const hourMs = 3_600_000;
const listCursor = z.tuple([cursorText]);

/** Operations of administrators on other accounts. */
export class Administration {
  constructor(
    private readonly users: UserStore,
    private readonly accounts: Accounts,
    private readonly passwords: PasswordHashing,
    private readonly clock: Clock,
    private readonly ids: Ids,
    readonly stats: () => Promise<ServerStats>,
  ) {}

  async createInvitation(
    createdBy: UserId | null,
    body: RequestOf<'createInvitation'>['body'],
  ): Promise<ResponseOf<'createInvitation'>> {
    const token = this.ids.token();
    const expiresAtMs = this.clock.nowMs() + Math.round(body.validForHours * hourMs);
    await this.users.createInvitation({ tokenHash: tokenHash(token), uses: body.uses, expiresAtMs, createdBy });
    return { token, expiresAtMs, uses: body.uses };
  }

  async list(query: RequestOf<'listAccounts'>['query']): Promise<ResponseOf<'listAccounts'>> {
    const after = query.cursor ? decodeCursor(query.cursor, listCursor)[0] : null;
    const users = await this.users.list({ prefix: (query.q ?? '').toLowerCase(), after, limit: query.limit });
    const last = users.length === query.limit ? users.at(-1) : undefined;
    return { users: users.map(managedView), nextCursor: last ? encodeCursor([last.username.toLowerCase()]) : null };
  }

  /** Works in every sign-up mode. Throws {@link Refusal} `username_taken`. */
  async create(body: RequestOf<'createAccount'>['body']): Promise<ManagedUser> {
    const { username, password, displayName = username, administrator } = body;
    const passwordHash = await this.passwords.hash(password, 'known');
    const created = await this.users.create({
      user: { id: this.ids.uuid(), username, displayName, passwordHash, createdAtMs: this.clock.nowMs() },
      administrator: administrator ?? 'when_first',
      invitation: null,
    });
    if (created === 'username_taken') throw usernameTaken(username);
    if (created === 'invalid_invitation') throw new Error('an account without an invitation was refused for it');
    return managedView(created);
  }

  async setDisabled(userId: UserId, disabled: boolean): Promise<ManagedUser> {
    return managedView(found(await this.accounts.setDisabled(userId, disabled)));
  }

  /** Leaves the known devices and addresses: while strangers guess the password, the owner gets in from these alone. */
  async resetPassword(userId: UserId, newPassword: string): Promise<void> {
    if (!(await this.accounts.setPassword(userId, newPassword, { sessionId: null, origins: 'all' })))
      throw noSuchUser();
  }
}

function managedView(user: UserRecord): ManagedUser {
  return { ...accountView(user), disabled: user.disabled, createdAtMs: user.createdAtMs };
}

function found(user: UserRecord | undefined): UserRecord {
  if (!user) throw noSuchUser();
  return user;
}

function noSuchUser(): Refusal {
  return new Refusal('not_found', 'There is no such user.');
}
