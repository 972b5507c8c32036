import type { SessionId, UserId } from '@parley/protocol';
import type { Clock } from '../platform/clock.ts';
import { pause } from '../platform/waiting.ts';
import type { SessionLife } from './session-life.ts';
import type { UserStore } from './users-port.ts';

const firstMs = 60_000;
/** Much less than the shortest time after which a session ends, which is a day. */
const intervalMs = 6 * 3_600_000;
const retryMs = 10 * 60_000;

const stepSessions = 100;
/** Pause between two steps, so that other requests are not delayed. */
const stepPauseMs = 100;

interface UpkeepPorts {
  users: Pick<UserStore, 'touchSession' | 'endUnusedSessions'>;
  life: SessionLife;
  /** The sessions of the sockets that are open on this server. */
  openSessions(): Iterable<{ userId: UserId; sessionId: SessionId }>;
  clock: Clock;
  reportFailure(error: unknown): void;
}

/**
 * Every few hours, records that sessions with an open socket are in use, then ends the sessions that were unused for
 * too long.
 */
export class SessionUpkeep {
  private isStopped = false;
  private cancel: () => void = () => undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly ports: UpkeepPorts) {}

  start(): void {
    this.runAfter(firstMs);
  }

  /** Resolves when the current step has ended. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancel();
    await this.running;
  }

  private runAfter(delayMs: number): void {
    if (this.isStopped) return;
    this.cancel = this.ports.clock.after(delayMs, () => {
      this.running = this.run().then(
        () => this.runAfter(intervalMs),
        (error: unknown) => {
          this.ports.reportFailure(error);
          this.runAfter(retryMs);
        },
      );
    });
  }

  /** Ends no session unless all open ones were recorded as used. */
  private async run(): Promise<void> {
    await this.noteOpen();
    const usedSinceMs = this.ports.life.usedSinceMs();
    if (usedSinceMs === null) return;
    let after: string | null = null;
    while (!this.isStopped) {
      after = await this.ports.users.endUnusedSessions({ usedSinceMs, after, limit: stepSessions });
      if (after === null) return;
      await pause(this.ports.clock, stepPauseMs);
    }
  }

  private async noteOpen(): Promise<void> {
    const { users, clock } = this.ports;
    const open = [...new Map(Array.from(this.ports.openSessions(), (each) => [each.sessionId, each])).values()];
    for (let from = 0; from < open.length && !this.isStopped; from += stepSessions) {
      if (from > 0) await pause(clock, stepPauseMs);
      const step = open.slice(from, from + stepSessions);
      await Promise.all(step.map(({ userId, sessionId }) => users.touchSession(userId, sessionId, clock.nowMs())));
    }
  }
}
