import type { UserId } from '@parley/protocol';
import type { SearchQuery } from '../../platform/search-position.ts';
import { searchTerms } from '../../platform/search-terms.ts';
import type { NewUser, UserRecord, UserStore } from '../../users/users-port.ts';
import { foundByTerm } from './found-by-term.ts';
import { kept } from './kept.ts';
import { MemorySessions } from './session-store.ts';

interface Invitation {
  usesLeft: number;
  expiresAtMs: number;
}

/** Accounts in memory. */
export class MemoryUserStore extends MemorySessions implements UserStore {
  private readonly users = new Map<UserId, UserRecord>();
  /** By lower-case username. */
  private readonly idsByUsername = new Map<string, UserId>();
  private readonly invitations = new Map<string, Invitation>();

  get count(): number {
    return this.users.size;
  }

  async create({
    user,
    administrator,
    invitation,
  }: NewUser): Promise<UserRecord | 'username_taken' | 'invalid_invitation'> {
    const usernameKey = user.username.toLowerCase();
    if (this.idsByUsername.has(usernameKey)) return 'username_taken';
    if (this.users.has(user.id)) throw new Error(`user ${user.id} is there already`);
    if (invitation && !this.useInvitation(invitation)) return 'invalid_invitation';
    const administers = administrator === 'when_first' ? this.users.size === 0 : administrator;
    const created = kept({ ...user, administrator: administers, disabled: false });
    this.users.set(user.id, created);
    this.idsByUsername.set(usernameKey, user.id);
    return created;
  }

  async isEmpty(): Promise<boolean> {
    return this.users.size === 0;
  }

  async byId(userId: UserId): Promise<UserRecord | undefined> {
    return this.users.get(userId);
  }

  async byIds(userIds: readonly UserId[]): Promise<UserRecord[]> {
    return userIds.flatMap((userId) => this.users.get(userId) ?? []);
  }

  async byUsername(username: string): Promise<UserRecord | undefined> {
    const userId = this.idsByUsername.get(username.toLowerCase());
    return userId === undefined ? undefined : this.users.get(userId);
  }

  async update(
    userId: UserId,
    change: Partial<Pick<UserRecord, 'displayName' | 'passwordHash'>>,
  ): Promise<UserRecord | undefined> {
    return this.write(userId, change);
  }

  async setDisabled(userId: UserId, disabled: boolean): Promise<UserRecord | 'last_administrator' | undefined> {
    const isLast = ![...this.users.values()].some((user) => user.administrator && !user.disabled && user.id !== userId);
    return disabled && isLast && this.users.get(userId)?.administrator
      ? 'last_administrator'
      : this.write(userId, { disabled });
  }

  async search(query: SearchQuery): Promise<{ user: UserRecord; term: string }[]> {
    const searched = [...this.users.values()]
      .filter((user) => !user.disabled)
      .map((user) => ({ id: user.id, subject: user, terms: searchTerms(user.username, user.displayName) }));
    return foundByTerm(searched, query).map(({ subject, term }) => ({ user: subject, term }));
  }

  /** Terms are made as they are looked for. */
  async refreshTerms(): Promise<null> {
    return null;
  }

  async list({ prefix, after, limit }: { prefix: string; after: string | null; limit: number }): Promise<UserRecord[]> {
    const usernameKeys = [...this.idsByUsername.keys()]
      .filter((key) => key.startsWith(prefix) && (after === null || key > after))
      .sort();
    return this.byIds(usernameKeys.slice(0, limit).flatMap((key) => this.idsByUsername.get(key) ?? []));
  }

  async createInvitation({
    tokenHash,
    uses,
    expiresAtMs,
  }: {
    tokenHash: string;
    uses: number;
    expiresAtMs: number;
    createdBy: UserId | null;
  }): Promise<void> {
    this.invitations.set(tokenHash, { usesLeft: uses, expiresAtMs });
  }

  private write(userId: UserId, change: Partial<UserRecord>): UserRecord | undefined {
    const user = this.users.get(userId);
    if (!user) return undefined;
    const updated = kept({ ...user, ...change });
    this.users.set(userId, updated);
    return updated;
  }

  protected enabledUser(userId: UserId): UserRecord | undefined {
    const user = this.users.get(userId);
    return user?.disabled ? undefined : user;
  }

  private useInvitation({ tokenHash, atMs }: { tokenHash: string; atMs: number }): boolean {
    const invitation = this.invitations.get(tokenHash);
    if (!invitation || invitation.usesLeft <= 0 || invitation.expiresAtMs <= atMs) return false;
    invitation.usesLeft--;
    return true;
  }
}
