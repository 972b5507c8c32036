import type { Mailboxes } from '../connections/mailbox-port.ts';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import type { Clock } from '../platform/clock.ts';

/**
 * The interval of the checks. A server that the registry has lost registers again within seconds, so one that is
 * missing in two checks in a row is dead, or has to start under a new id anyway (race 6).
 */
const intervalMs = 30_000;

/** Removes the mailboxes of dead servers. Every distributor does this; removing a mailbox twice is harmless. */
export class MailboxJanitor {
  private missing = new Set<string>();
  private readonly stopLooking: () => void;

  constructor(
    private readonly registry: Pick<ConnectionRegistry, 'liveServers'>,
    private readonly mailboxes: Pick<Mailboxes, 'serverIds' | 'remove'>,
    clock: Clock,
    reportFailure: (error: unknown) => void,
  ) {
    this.stopLooking = clock.every(intervalMs, () => {
      this.look().catch(reportFailure);
    });
  }

  stop(): void {
    this.stopLooking();
  }

  private async look(): Promise<void> {
    // Mailboxes are listed first: a server that opens one later is not in the list, and one that did so before has a
    // lease.
    const serverIds = await this.mailboxes.serverIds();
    const live = new Set(await this.registry.liveServers());
    const missing = serverIds.filter((serverId) => !live.has(serverId));
    const dead = missing.filter((serverId) => this.missing.has(serverId));
    this.missing = new Set(missing);
    for (const serverId of dead) await this.mailboxes.remove(serverId);
  }
}
