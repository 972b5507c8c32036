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
import { type DeviceSecret, KnownDevices } from './known-devices.ts';
import type { PasswordHashing } from './password-hashing.ts';
import { SessionLife } from './session-life.ts';
import type { SessionRecord, UserRecord, UserStore } from './users-port.ts';

/** Whoever a valid token stands for. */
export interface Caller {
  user: UserRecord;
  session: SessionRecord;
}

type LoggedIn = ResponseOf<'login'> & { deviceSecret: string };

/** What somebody logs in on. */
interface Device {
  name: string | null;
  secret: DeviceSecret;
}

type Ticket = { kind: 'open' } | { kind: 'first' } | { kind: 'invitation'; token: string };

const reportFailure = failureReporter('users');

/** How precise `lastUsedAtMs` of a session is. */
const touchIntervalMs = 60_000;

/** Accounts and sessions: signing up, logging in, and everything one does with one's own account. */
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
   * Throws {@link Refusal}. The first account administers the server, so it needs an invitation, whatever the mode is,
   * unless it is made at the server's own machine.
   */
  async signup(body: RequestOf<'signup'>['body'], isFromThisMachine: boolean): Promise<ResponseOf<'signup'>> {
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
      // Somebody else was first in the meantime, and so nobody invited this one.
      await this.users.setDisabled(created.id, true);
      throw this.signupClosed();
    }
    return this.openSession(created, { name: body.device ?? null, secret: this.devices.make() });
  }

  /**
   * Answers the same, and takes as long, whether the name is unknown, disabled, or the password wrong.
   *
   * @param from the known device that the log-in comes from; it does not wait for log-ins from others.
   */
  async login(body: RequestOf<'login'>['body'], from: DeviceSecret | null = null): Promise<ResponseOf<'login'>> {
    const user = await this.users.byUsername(body.username);
    const matches = await this.passwords.verify(body.password, user?.passwordHash, from ? 'known' : 'stranger');
    if (!user || !matches || user.disabled) throw wrongCredentials('Username and password do not belong together.');
    const loggedIn = await this.openSession(user, { name: body.device ?? null, secret: from ?? this.devices.make() });
    // Whoever changes a password ends the sessions that are there; this one may have come just after.
    const now = await this.users.byId(user.id);
    if (now?.passwordHash !== user.passwordHash) {
      await this.users.revokeSession(user.id, loggedIn.session.id);
      await this.devices.forget(user.id, loggedIn.deviceSecret);
      throw wrongCredentials('The password was changed.');
    }
    return loggedIn;
  }

  /** Whom a token stands for; undefined when it is unknown, ended, or its user disabled. */
  async authenticate(token: string): Promise<Caller | undefined> {
    const caller = await this.users.sessionByToken(tokenHash(token));
    if (!caller || this.sessionLife.isOver(caller.session)) return undefined;
    this.touch(caller);
    return caller;
  }

  /** Whether a caller that {@link authenticate} gave would still be given. */
  isOpen({ user, session }: Caller): Promise<boolean> {
    return this.users.hasSession(user.id, session.id);
  }

  /** Notes that the session is used. Nobody waits for it, or is refused because it could not be noted. */
  private touch({ user, session }: Caller): void {
    const nowMs = this.clock.nowMs();
    // A time ahead of the clock, from when the clock was wrong, is put right too.
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

  /** @param secrets those of the device from which it is changed, which stays known. */
  async changePassword(
    { user, session }: Caller,
    body: RequestOf<'changePassword'>['body'],
    secrets: readonly string[] = [],
  ): Promise<void> {
    if (!(await this.passwords.verify(body.currentPassword, user.passwordHash, 'known'))) {
      throw wrongCredentials('The current password is another one.');
    }
    await this.setPassword(user.id, body.newPassword, { sessionId: session.id, secrets });
  }

  /** Sets the password, ends every session and forgets every device but those of `keep`. False when nobody has the id. */
  async setPassword(
    userId: UserId,
    password: string,
    keep: { sessionId: SessionId | null; secrets: readonly string[] },
  ): Promise<boolean> {
    const updated = await this.users.update(userId, { passwordHash: await this.passwords.hash(password, 'known') });
    if (!updated) return false;
    await this.endAll(userId, keep);
    return true;
  }

  /** Disabling ends every session and forgets every device. Undefined when there is no such user; throws {@link Refusal} `last_administrator`. */
  async setDisabled(userId: UserId, disabled: boolean): Promise<UserRecord | undefined> {
    const updated = await this.users.setDisabled(userId, disabled);
    if (updated === 'last_administrator') throw lastAdministrator();
    if (updated && disabled) await this.endAll(userId, { sessionId: null, secrets: [] });
    return updated;
  }

  async updateDisplayName(userId: UserId, displayName: string): Promise<Account> {
    const updated = await this.users.update(userId, { displayName });
    if (!updated) throw new Refusal('not_found', 'This account is no more.');
    await this.signals.tellOf(userId, { kind: 'renamed', userId, displayName });
    return accountView(updated);
  }

  /** What lets somebody sign up. Throws {@link Refusal} when nothing does. */
  private async ticketFor(invitation: string | undefined, isFromThisMachine: boolean): Promise<Ticket> {
    if (await this.users.isEmpty()) {
      if (invitation !== undefined) return { kind: 'invitation', token: invitation };
      if (isFromThisMachine) return { kind: 'first' };
      throw new Refusal('first_account_link_needed', 'The first account needs the link that this server printed.');
    }
    if (this.signupMode === 'open') return { kind: 'open' };
    if (this.signupMode === 'closed' || invitation === undefined) throw this.signupClosed();
    return { kind: 'invitation', token: invitation };
  }

  private signupClosed(): Refusal {
    const without = this.signupMode === 'invitation' ? ' without an invitation' : '';
    return new Refusal('signup_closed', `This server takes no sign-ups${without}.`);
  }

  private async openSession(user: UserRecord, { name, secret }: Device): Promise<LoggedIn> {
    const token = this.ids.token();
    const nowMs = this.clock.nowMs();
    const session = { id: this.ids.uuid(), userId: user.id, device: name, createdAtMs: nowMs, lastUsedAtMs: nowMs };
    const [ended] = await Promise.all([
      this.users.endOldestSessions(user.id, session.id, limits.sessionsPerUser),
      this.users.createSession(session, tokenHash(token)),
      this.devices.keep(user.id, secret),
    ]);
    if (ended.length > 0) await this.closeSockets(user.id, ended);
    return { token, session: sessionView(session, true), account: accountView(user), deviceSecret: secret.secret };
  }

  private async endAll(
    userId: UserId,
    keep: { sessionId: SessionId | null; secrets: readonly string[] },
  ): Promise<void> {
    const [ended] = await Promise.all([
      this.users.revokeSessions(userId, keep.sessionId),
      this.devices.forgetOthers(userId, keep.secrets),
    ]);
    await this.closeSockets(userId, ended);
  }

  /** A session ends in the store first: a socket that opens from then on is refused by its token. */
  private closeSockets(userId: UserId, sessionIds: SessionId[]): Promise<void> {
    return this.signals.send([userId], () => ({ kind: 'revoked', userId, sessionIds }));
  }
}
