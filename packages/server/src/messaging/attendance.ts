import type { UserId } from '@parley/protocol';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import type { Clock } from '../platform/clock.ts';

/** How long after the last connection's end somebody still counts as online: hides a reconnect (contract 9). */
export const graceMs = 5_000;

interface Attendee {
  connections: number;
  /** Resolves when the registry knows of them; null when it could not be told. */
  told: Promise<void> | null;
  cancelGrace: (() => void) | null;
}

/** Before the registry is told again of somebody whose departure it could not be told of. */
const retryMs = 1_000;

/** Tells the registry who is on this server, each user once however many connections they have. */
export class Attendance {
  private readonly attendees = new Map<UserId, Attendee>();
  /** Departures that the registry is being told of: an arrival of the same user ends them. */
  private readonly departures = new Map<UserId, Departure>();

  constructor(
    private readonly serverId: () => string,
    private readonly registry: Pick<ConnectionRegistry, 'connect' | 'disconnect'>,
    private readonly announce: (userId: UserId, online: boolean) => Promise<void>,
    private readonly clock: Clock,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  /** From when this resolves, entries for the user come to this server. Rejects when the registry can't be told. */
  async arrive(userId: UserId): Promise<void> {
    const attendee = this.attendees.get(userId) ?? { connections: 0, told: null, cancelGrace: null };
    this.attendees.set(userId, attendee);
    attendee.connections++;
    attendee.cancelGrace?.();
    attendee.cancelGrace = null;
    attendee.told ??= this.enter(userId);
    try {
      await attendee.told;
    } catch (error) {
      attendee.told = null;
      this.depart(userId);
      throw error;
    }
  }

  /** One connection of the user ended. With the last one they go offline after the grace period. */
  depart(userId: UserId): void {
    const attendee = this.attendees.get(userId);
    if (!attendee) throw new Error(`user ${userId} departs who never arrived`);
    attendee.connections--;
    if (attendee.connections > 0) return;
    attendee.cancelGrace = this.clock.after(graceMs, () => {
      this.attendees.delete(userId);
      const departure = new Departure(this.clock, this.reportFailure);
      this.departures.set(userId, departure);
      departure.run(() => this.leave(userId)).finally(() => this.departures.delete(userId));
    });
  }

  /** Forgets everybody, without telling: what was told was told under an id that holds no more. */
  reset(): void {
    for (const { cancelGrace } of this.attendees.values()) cancelGrace?.();
    this.attendees.clear();
    for (const departure of this.departures.values()) departure.end();
  }

  /** Everybody here, for registering again what the registry forgot. */
  present(): UserId[] {
    return [...this.attendees.keys()];
  }

  private async enter(userId: UserId): Promise<void> {
    await this.departures.get(userId)?.end();
    const cameOnline = await this.registry.connect(this.serverId(), userId);
    if (cameOnline) await this.announce(userId, true);
  }

  private async leave(userId: UserId): Promise<void> {
    const wentOffline = await this.registry.disconnect(this.serverId(), userId);
    if (wentOffline) await this.announce(userId, false);
  }
}

/** Tells of somebody's departure until that is known: else they would count as online until this server ends. */
class Departure {
  private wanted = true;
  private telling: Promise<void> = Promise.resolve();
  private endPause: () => void = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  async run(tell: () => Promise<void>): Promise<void> {
    while (this.wanted) {
      this.telling = tell();
      try {
        await this.telling;
        return;
      } catch (error) {
        this.reportFailure(error);
        if (this.wanted) await this.pause();
      }
    }
  }

  /** It need not be told any more. Resolves when it isn't being told. */
  async end(): Promise<void> {
    this.wanted = false;
    this.endPause();
    await this.telling.catch(() => undefined);
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.clock.after(retryMs, resolve);
      this.endPause = () => {
        cancel();
        resolve();
      };
    });
  }
}
