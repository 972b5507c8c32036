import type { SessionId, UserId } from '@parley/protocol';
import type { SessionRecord, UserRecord } from '../../users/users-port.ts';
import { MemoryDevices } from './device-store.ts';
import { kept } from './kept.ts';

/** Sessions in memory; a part of the user store. */
export abstract class MemorySessions extends MemoryDevices {
  private readonly sessionsByToken = new Map<string, SessionRecord>();

  protected abstract enabledUser(userId: UserId): UserRecord | undefined;

  async createSession(session: SessionRecord, tokenHash: string): Promise<void> {
    if (this.sessionsByToken.has(tokenHash)) throw new Error('a session with this token is there already');
    this.sessionsByToken.set(tokenHash, kept(session));
  }

  async sessionByToken(tokenHash: string): Promise<{ session: SessionRecord; user: UserRecord } | undefined> {
    const session = this.sessionsByToken.get(tokenHash);
    const user = session && this.enabledUser(session.userId);
    return session && user ? { session, user } : undefined;
  }

  async hasSession(userId: UserId, sessionId: SessionId): Promise<boolean> {
    const isThere = [...this.sessionsByToken.values()].some(({ id, userId: of }) => id === sessionId && of === userId);
    return isThere && this.enabledUser(userId) !== undefined;
  }

  async sessions(userId: UserId): Promise<SessionRecord[]> {
    return [...this.sessionsByToken.values()].filter((session) => session.userId === userId).sort(newestFirst);
  }

  async touchSession(_userId: UserId, sessionId: SessionId, atMs: number): Promise<void> {
    for (const [tokenHash, session] of this.sessionsByToken) {
      if (session.id === sessionId) this.sessionsByToken.set(tokenHash, kept({ ...session, lastUsedAtMs: atMs }));
    }
  }

  async revokeSession(userId: UserId, sessionId: SessionId): Promise<boolean> {
    return this.end((session) => session.userId === userId && session.id === sessionId).length > 0;
  }

  async revokeSessions(userId: UserId, keepId: SessionId | null): Promise<SessionId[]> {
    return this.end((session) => session.userId === userId && session.id !== keepId);
  }

  async endOldestSessions(userId: UserId, keepId: SessionId, keepMax: number): Promise<SessionId[]> {
    const others = (await this.sessions(userId)).filter(({ id }) => id !== keepId);
    const oldest = others.sort((a, b) => b.lastUsedAtMs - a.lastUsedAtMs).slice(keepMax - 1);
    return this.end(({ id }) => oldest.some((each) => each.id === id));
  }

  async endUnusedSessions({ usedSinceMs }: { usedSinceMs: number }): Promise<null> {
    this.end(({ lastUsedAtMs }) => lastUsedAtMs < usedSinceMs);
    return null;
  }

  private end(isEnded: (session: SessionRecord) => boolean): SessionId[] {
    const ended = [...this.sessionsByToken].filter(([, session]) => isEnded(session));
    for (const [tokenHash] of ended) this.sessionsByToken.delete(tokenHash);
    return ended.map(([, session]) => session.id);
  }
}

function newestFirst(a: SessionRecord, b: SessionRecord): number {
  return b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1);
}
