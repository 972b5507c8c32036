import type { SessionId, UserId } from '@parley/protocol';
import type { Clock } from '../platform/clock.ts';
import { pause } from '../platform/waiting.ts';
import type { UserStore } from './users-port.ts';

const intervalMs = 30_000;
const stepSessions = 200;
/** Pause between two steps, so that other requests are not delayed. */
const stepPauseMs = 100;

interface OpenSession {
  userId: UserId;
  sessionId: SessionId;
}

interface EndedSessionsPorts {
  users: Pick<UserStore, 'sessionIds' | 'hasSession'>;
  /** The sessions of the sockets that are open on this server. */
  openSessions(): Iterable<OpenSession>;
  /** Closes the sockets of the session. */
  close(userId: UserId, sessionId: SessionId): void;
  clock: Clock;
  reportFailure(error: unknown): void;
}

/**
 * Closes the sockets of sessions that have ended, and of users who are disabled. A signal closes them at once, but it can
 * be lost; this compares all open sockets with the stored sessions every {@link intervalMs}.
 */
export class EndedSessions {
  private isStopped = false;
  private running: Promise<void> | null = null;
  private readonly stopLooking: () => void;

  constructor(private readonly ports: EndedSessionsPorts) {
    this.stopLooking = ports.clock.every(intervalMs, () => {
      this.running ??= this.look()
        .catch(ports.reportFailure)
        .finally(() => {
          this.running = null;
        });
    });
  }

  /** Resolves when the current step has ended. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.stopLooking();
    await this.running;
  }

  private async look(): Promise<void> {
    const open = [...new Map(Array.from(this.ports.openSessions(), (each) => [each.sessionId, each])).values()];
    for (let from = 0; from < open.length && !this.isStopped; from += stepSessions) {
      if (from > 0) await pause(this.ports.clock, stepPauseMs);
      await this.closeEnded(open.slice(from, from + stepSessions));
    }
  }

  private async closeEnded(open: readonly OpenSession[]): Promise<void> {
    const { users, close } = this.ports;
    const stored = await users.sessionIds([...new Set(open.map(({ userId }) => userId))]);
    for (const { userId, sessionId } of open) {
      // A client forgets a session that was closed as revoked, so each one is confirmed.
      if (!stored.has(sessionId) && !(await users.hasSession(userId, sessionId))) close(userId, sessionId);
    }
  }
}
