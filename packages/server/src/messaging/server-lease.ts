import type { ConnectionRegistry } from '../connections/registry-port.ts';
import type { Clock } from '../platform/clock.ts';
import { supportedLevel } from '../platform/features.ts';
import type { Ids } from '../platform/ids.ts';

/** The users of a dead server count as online for at most this long (contract 9). */
export const leaseMs = 10_000;
const renewIntervalMs = leaseMs / 4;

export interface LeaseEvents {
  /** A new id is registered: its mailbox must be opened. */
  opened(serverId: string): Promise<void>;
  /** The lease of the former id was lost: nothing registered under that id may be trusted (race 6). */
  lost(): Promise<void>;
  /** The registry lost its data: everything has to be registered again (race 7). */
  forgotten(): Promise<void>;
  reportFailure(error: unknown): void;
}

/** This server's lease in the registry. A server that lost its lease registers under a new id. */
export class ServerLease {
  private id: string;
  private generation: string | null = null;
  private stopRenewing: (() => void) | null = null;
  private renewing = false;

  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly events: LeaseEvents,
  ) {
    this.id = ids.uuid();
  }

  get serverId(): string {
    return this.id;
  }

  async open(): Promise<void> {
    await this.openUnderId();
    this.stopRenewing = this.clock.every(renewIntervalMs, () => {
      if (this.renewing) return;
      this.renewing = true;
      this.renew()
        .catch(this.events.reportFailure)
        .finally(() => {
          this.renewing = false;
        });
    });
  }

  /** Stops renewing. `registry.closeServer` removes what is registered. */
  stop(): void {
    this.stopRenewing?.();
    this.stopRenewing = null;
  }

  private async openUnderId(): Promise<void> {
    this.generation = await this.registry.generation();
    await this.registry.openServer(this.id, leaseMs, supportedLevel());
    await this.events.opened(this.id);
  }

  private async renew(): Promise<void> {
    const generation = await this.registry.generation();
    if (generation !== this.generation) {
      await this.registry.openServer(this.id, leaseMs, supportedLevel());
      await this.events.forgotten();
      // This is the last step, so that an attempt that failed before it is repeated.
      this.generation = generation;
      return;
    }
    if (await this.registry.renewLease(this.id, leaseMs)) return;
    await this.events.lost();
    this.id = this.ids.uuid();
    await this.openUnderId();
  }
}
