import {
  type Account,
  limits,
  type RequestOf,
  type ResponseOf,
  type Session,
  type SessionId,
  type SignupMode,
  type UserId,
} from '@parley/protocol';
import type { Signals } from '../connections/signals.ts';
import type { Clock } from '../platform/clock.ts';
import { Refusal } from '../platform/failures.ts';
import { type Ids, tokenHash } from '../platform/ids.ts';
import { failureReporter } from '../platform/log.ts';
import { accountView, lastAdministrator, sessionView, usernameTaken, wrongCredentials } from './account-views.ts';
import { type DeviceSecret, KnownDevices, type KnownOrigin } from './known-devices.ts';
import type { PasswordHashing } from './password-hashing.ts';
import { SessionLife } from './session-life.ts';
import type { SessionRecord, UserRecord, UserStore } from './users-port.ts';

/** The user and the session that a valid token belongs to. */
export interface Caller {
  user: UserRecord;
  session: SessionRecord;
}

type LoggedIn = ResponseOf<'login'> & { deviceSecret: string };

/** The device of a log-in, and its address; null when it has none. */
interface Device {
  name: string | null;
  secret: DeviceSecret;
  address: string | null;
}

/** What a change of the password leaves: one session, and devices and addresses from which logging in is known. */
interface Kept {
  sessionId: SessionId | null;
  origins: 'all' | { secrets: readonly string[]; address: string | null };
}

type Ticket = { kind: 'open' } | { kind: 'first' } | { kind: 'invitation'; token: string };

const reportFailure = failureReporter('users');

/** The precision of a session's `lastUsedAtMs`. */
const touchIntervalMs = 60_000;

/** Accounts and sessions: signing up, logging in, and changing one's own account. */
export class Accounts {
  readonly devices: KnownDevices;

  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordHashing,
    private readonly signals: Signals,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly signupMode: SignupMode,
    private readonly sessionLife: SessionLife = new SessionLife(clock, null),
  ) {
    this.devices = new KnownDevices(users, clock, ids);
  }

  async server(version: string): Promise<ResponseOf<'getServer'>> {
    return { version, signup: this.signupMode, empty: await this.users.isEmpty() };
  }

  /**
   * Throws {@link Refusal}. The first account becomes the administrator, so it needs an invitation in every mode,
   * unless it is made on the server's own machine.
   */
  async signup(
    body: RequestOf<'signup'>['body'],
    isFromThisMachine: boolean,
    address: string | null = null,
  ): Promise<ResponseOf<'signup'>> {
    const ticket = await this.ticketFor(body.invitation, isFromThisMachine);
    const passwordHash = await this.passwords.hash(body.password);
    const nowMs = this.clock.nowMs();
    const { username } = body;
    const displayName = body.displayName ?? username;
    const created = await this.users.create({
      user: { id: this.ids.uuid(), username, displayName, passwordHash, createdAtMs: nowMs },
      administrator: 'when_first',
      invitation: ticket.kind === 'invitation' ? { tokenHash: tokenHash(ticket.token), atMs: nowMs } : null,
    });
    if (created === 'username_taken') throw usernameTaken(username);
    if (created === 'invalid_invitation') {
      throw new Refusal('invalid_invitation', 'The invitation is unknown, used up or expired.');
    }
    if (ticket.kind === 'first' && !created.administrator && this.signupMode !== 'open') {
      // Another sign-up was first meanwhile, so this one would have needed an invitation.
      await this.users.setDisabled(created.id, true);
      throw this.signupClosed();
    }
    return this.openSession(created, { name: body.device ?? null, secret: this.devices.make(), address });
  }

  /**
   * Answers the same, and takes as long, for an unknown name, a disabled account and a wrong password.
   *
   * @param from the known device or address that the log-in comes from; it does not wait for log-ins from others.
   */
  async login(
    body: RequestOf<'login'>['body'],
    from: KnownOrigin | null = null,
    address: string | null = null,
  ): Promise<ResponseOf<'login'>> {
    const user = await this.users.byUsername(body.username);
    const matches = await this.passwords.verify(body.password, user?.passwordHash, from ? 'known' : 'stranger');
    if (!user || !matches || user.disabled) throw wrongCredentials('The username or password is wrong.');
    const secret = from?.device ?? this.devices.make();
    const loggedIn = await this.openSession(user, { name: body.device ?? null, secret, address });
    // A change of the password ends all existing sessions. If it happened meanwhile, it did not see this session.
    const now = await this.users.byId(user.id);
    if (now?.passwordHash !== user.passwordHash) {
      await this.users.revokeSession(user.id, loggedIn.session.id);
      await this.devices.forget(user.id, secret, address);
      throw wrongCredentials('The password was changed.');
    }
    return loggedIn;
  }

  /**
   * The caller that a token belongs to; undefined when it is unknown, its session has ended, or its user is disabled.
   */
  async authenticate(token: string): Promise<Caller | undefined> {
    const caller = await this.users.sessionByToken(tokenHash(token));
    if (!caller || this.sessionLife.isOver(caller.session)) return undefined;
    this.touch(caller);
    return caller;
  }

  /** Whether the caller's session is still valid. */
  isOpen({ user, session }: Caller): Promise<boolean> {
    return this.users.hasSession(user.id, session.id);
  }

  /** Records that the session is used. The caller does not wait for it, and is not refused when the write fails. */
  private touch({ user, session }: Caller): void {
    const nowMs = this.clock.nowMs();
    // A stored time ahead of the clock, from while the clock was wrong, is corrected too.
    if (Math.abs(nowMs - session.lastUsedAtMs) <= touchIntervalMs) return;
    this.users.touchSession(user.id, session.id, nowMs).catch(reportFailure);
  }

  async sessions({ user, session }: Caller): Promise<Session[]> {
    const sessions = await this.users.sessions(user.id);
    return sessions
      .filter((each) => !this.sessionLife.isOver(each))
      .map((each) => sessionView(each, each.id === session.id));
  }

  /** Ends one of the user's sessions and closes its sockets. Throws {@link Refusal} `not_found`. */
  async revoke(userId: UserId, sessionId: SessionId): Promise<void> {
    if (!(await this.users.revokeSession(userId, sessionId))) {
      throw new Refusal('not_found', 'You have no such session.');
    }
    await this.closeSockets(userId, [sessionId]);
  }

  /**
   * @param secrets the secrets of the device that makes the change; it stays known.
   * @param address the address that the change comes from; it stays known too.
   */
  async changePassword(
    { user, session }: Caller,
    body: RequestOf<'changePassword'>['body'],
    secrets: readonly string[] = [],
    address: string | null = null,
  ): Promise<void> {
    if (!(await this.passwords.verify(body.currentPassword, user.passwordHash, 'known'))) {
      throw wrongCredentials('The current password is wrong.');
    }
    await this.setPassword(user.id, body.newPassword, { sessionId: session.id, origins: { secrets, address } });
  }

  /**
   * Sets the password, ends all sessions and removes all devices and addresses except those of `keep`. Returns false
   * when there is no such user.
   */
  async setPassword(userId: UserId, password: string, keep: Kept): Promise<boolean> {
    const updated = await this.users.update(userId, { passwordHash: await this.passwords.hash(password, 'known') });
    if (!updated) return false;
    await this.endAll(userId, keep);
    return true;
  }

  /**
   * Disabling ends all sessions and removes all devices and addresses. Undefined when there is no such user. Throws
   * {@link Refusal} `last_administrator`.
   */
  async setDisabled(userId: UserId, disabled: boolean): Promise<UserRecord | undefined> {
    const updated = await this.users.setDisabled(userId, disabled);
    if (updated === 'last_administrator') throw lastAdministrator();
    if (updated && disabled) await this.endAll(userId, { sessionId: null, origins: { secrets: [], address: null } });
    return updated;
  }

  async updateDisplayName(userId: UserId, displayName: string): Promise<Account> {
    const updated = await this.users.update(userId, { displayName });
    if (!updated) throw new Refusal('not_found', 'This account no longer exists.');
    await this.signals.tellOf(userId, { kind: 'renamed', userId, displayName });
    return accountView(updated);
  }

  /** The permission under which a sign-up is accepted. Throws {@link Refusal} when there is none. */
  private async ticketFor(invitation: string | undefined, isFromThisMachine: boolean): Promise<Ticket> {
    if (await this.users.isEmpty()) {
      if (invitation !== undefined) return { kind: 'invitation', token: invitation };
      if (isFromThisMachine) return { kind: 'first' };
      throw new Refusal('first_account_link_needed', 'The first account needs the link that this server logged.');
    }
    if (this.signupMode === 'open') return { kind: 'open' };
    if (this.signupMode === 'closed' || invitation === undefined) throw this.signupClosed();
    return { kind: 'invitation', token: invitation };
  }

  private signupClosed(): Refusal {
    const without = this.signupMode === 'invitation' ? ' without an invitation' : '';
    return new Refusal('signup_closed', `This server accepts no sign-ups${without}.`);
  }

  private async openSession(user: UserRecord, { name, secret, address }: Device): Promise<LoggedIn> {
    const token = this.ids.token();
    const nowMs = this.clock.nowMs();
    const session = { id: this.ids.uuid(), userId: user.id, device: name, createdAtMs: nowMs, lastUsedAtMs: nowMs };
    const [ended] = await Promise.all([
      this.users.endOldestSessions(user.id, session.id, limits.sessionsPerUser),
      this.users.createSession(session, tokenHash(token)),
      this.devices.keep(user.id, secret, address),
    ]);
    if (ended.length > 0) await this.closeSockets(user.id, ended);
    return { token, session: sessionView(session, true), account: accountView(user), deviceSecret: secret.secret };
  }

  private async endAll(userId: UserId, { sessionId, origins }: Kept): Promise<void> {
    const [ended] = await Promise.all([
      this.users.revokeSessions(userId, sessionId),
      origins === 'all' ? undefined : this.devices.forgetOthers(userId, origins.secrets, origins.address),
    ]);
    await this.closeSockets(userId, ended);
  }

  /**
   * The session ends in the store before its sockets are closed, so that a socket opened meanwhile is refused by its
   * token. The signal may be lost: `EndedSessions` closes the sockets then.
   */
  private closeSockets(userId: UserId, sessionIds: SessionId[]): Promise<void> {
    return this.signals.send([userId], () => ({ kind: 'revoked', userId, sessionIds }));
  }
}
