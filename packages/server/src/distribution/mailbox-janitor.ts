import type { Mailboxes } from '../connections/mailbox-port.ts';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import type { Clock } from '../platform/clock.ts';

/** The interval of the checks. A server that the registry has lost registers again within seconds. */
const intervalMs = 10_000;
/**
 * A server that is missing in so many checks in a row has to start under a new id (race 6). It may be cut off from the
 * registry alone, with its clients, so it is told by its mailbox.
 */
const unlistedAfter = 2;
/** One that is missing in so many checks in a row is dead. */
const deadAfter = 4;

/**
 * Tells servers that the registry does not list, and removes the mailboxes of dead ones. Every distributor does this;
 * doing it twice is harmless.
 */
export class MailboxJanitor {
  /** The number of checks in a row in which each server was missing. */
  private missing = new Map<string, number>();
  private readonly stopLooking: () => void;

  constructor(
    private readonly registry: Pick<ConnectionRegistry, 'liveServers'>,
    private readonly mailboxes: Pick<Mailboxes, 'serverIds' | 'deliver' | 'remove'>,
    clock: Clock,
    private readonly reportFailure: (error: unknown) => void,
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
    this.missing = new Map(missing.map((serverId) => [serverId, (this.missing.get(serverId) ?? 0) + 1]));
    for (const [serverId, checks] of this.missing) {
      if (checks < unlistedAfter) continue;
      const { mailboxes } = this;
      const done =
        checks < deadAfter ? mailboxes.deliver(serverId, [{ kind: 'unlisted' }]) : mailboxes.remove(serverId);
      await done.catch(this.reportFailure);
    }
  }
}
