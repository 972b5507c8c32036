import type { UserId } from '@parley/protocol';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import type { Clock } from '../platform/clock.ts';
import type { ServerIdFor } from './server-lease.ts';

/**
 * A user still counts as online for this long after their last connection closed, which hides a reconnect (contract 9).
 */
export const graceMs = 5_000;

interface Attendee {
  connections: number;
  /** Resolves when the user is registered; null when registering failed. */
  registered: Promise<void> | null;
  cancelGrace: (() => void) | null;
}

/** One promise for all users who are registered. */
const isRegistered = Promise.resolve();

/** Delay before a departure that could not be registered is tried again. */
const retryMs = 1_000;

/** Registers the users connected to this server, each once however many connections they have. */
export class Attendance {
  private readonly attendees = new Map<UserId, Attendee>();
  /** Departures that are being registered. An arrival of the same user cancels its departure. */
  private readonly departures = new Map<UserId, Departure>();

  constructor(
    private readonly serverIdFor: ServerIdFor,
    private readonly registry: Pick<ConnectionRegistry, 'connect' | 'disconnect'>,
    /** Never rejects. */
    private readonly announce: (userId: UserId, online: boolean) => Promise<void>,
    private readonly clock: Clock,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  /**
   * Once this resolves, entries for the user are sent to this server. Returns a function that ends the attendance, to be
   * called once. Rejects when the registry is unavailable.
   */
  async arrive(userId: UserId): Promise<() => void> {
    // Throws before anything is counted: the departure of a user who may have been registered is retried until it
    // succeeds.
    this.serverIdFor([userId]);
    const attendee = this.attendees.get(userId) ?? { connections: 0, registered: null, cancelGrace: null };
    this.attendees.set(userId, attendee);
    attendee.connections++;
    attendee.cancelGrace?.();
    attendee.cancelGrace = null;
    attendee.registered ??= this.enter(userId);
    try {
      await attendee.registered;
      attendee.registered = isRegistered;
    } catch (error) {
      attendee.registered = null;
      this.depart(userId, attendee);
      throw error;
    }
    return () => this.depart(userId, attendee);
  }

  /** One connection of the user closed. After the last one, the user goes offline when the grace period is over. */
  private depart(userId: UserId, attendee: Attendee): void {
    attendee.connections--;
    // A connection from before the reset says nothing about those after it.
    if (attendee.connections > 0 || this.attendees.get(userId) !== attendee) return;
    attendee.cancelGrace = this.clock.after(graceMs, () => {
      this.attendees.delete(userId);
      const departure = new Departure(this.clock, this.reportFailure);
      this.departures.set(userId, departure);
      departure.run(() => this.leave(userId)).finally(() => this.departures.delete(userId));
    });
  }

  /**
   * Forgets all users, or those whom `concerns` selects, without deregistering them: they were registered under a lease
   * that is not valid any more.
   */
  reset(concerns: (userId: UserId) => boolean = () => true): void {
    for (const [userId, { cancelGrace }] of this.attendees) {
      if (!concerns(userId)) continue;
      cancelGrace?.();
      this.attendees.delete(userId);
    }
    for (const [userId, departure] of this.departures) if (concerns(userId)) void departure.end();
  }

  /** All users here, to register them again after the registry lost them. */
  present(): UserId[] {
    return [...this.attendees.keys()];
  }

  private async enter(userId: UserId): Promise<void> {
    await this.departures.get(userId)?.end();
    const cameOnline = await this.registry.connect(this.serverIdFor([userId]), userId);
    if (cameOnline) await this.announce(userId, true);
  }

  private async leave(userId: UserId): Promise<void> {
    const wentOffline = await this.registry.disconnect(this.serverIdFor([userId]), userId);
    if (wentOffline) await this.announce(userId, false);
  }
}

/**
 * Repeats registering a departure until it succeeds: otherwise the user would count as online until this server stops.
 */
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

  /** Cancels the departure. Resolves when no attempt is under way. */
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
