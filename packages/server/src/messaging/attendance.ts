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

/** Tells the registry who is on this server, each user once however many connections they have. */
export class Attendance {
  private readonly attendees = new Map<UserId, Attendee>();
  /** Departures that the registry is being told of: an arrival of the same user waits for them. */
  private readonly departures = new Map<UserId, Promise<void>>();

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
      this.departures.set(userId, this.leave(userId));
    });
  }

  /** Forgets everybody, without telling: what was told was told under an id that holds no more. */
  reset(): void {
    for (const { cancelGrace } of this.attendees.values()) cancelGrace?.();
    this.attendees.clear();
  }

  /** Everybody here, for registering again what the registry forgot. */
  present(): UserId[] {
    return [...this.attendees.keys()];
  }

  private async enter(userId: UserId): Promise<void> {
    await this.departures.get(userId);
    const cameOnline = await this.registry.connect(this.serverId(), userId);
    if (cameOnline) await this.announce(userId, true);
  }

  private async leave(userId: UserId): Promise<void> {
    try {
      const wentOffline = await this.registry.disconnect(this.serverId(), userId);
      if (wentOffline) await this.announce(userId, false);
    } catch (error) {
      // The lease ends what could not be taken back.
      this.reportFailure(error);
    } finally {
      this.departures.delete(userId);
    }
  }
}
