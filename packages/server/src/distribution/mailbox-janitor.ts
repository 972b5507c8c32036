import type { Mailboxes } from '../connections/mailbox-port.ts';
import type { ConnectionRegistry, RegistryPart } from '../connections/registry-port.ts';
import type { Clock } from '../platform/clock.ts';

/** The interval of the checks. A server whose lease the registry has lost registers again within seconds. */
const intervalMs = 10_000;
/**
 * A server that is missing in this many checks in a row is notified through its mailbox. It may be cut off from the
 * registry alone, and still have clients (race 16).
 */
const unlistedAfter = 2;
/** A server that is missing in this many checks in a row is dead. */
const deadAfter = 4;

/**
 * Notifies servers that a part of the registry does not list, and removes the mailboxes of servers that no part lists.
 * Every distributor does this; it is idempotent.
 */
export class MailboxJanitor {
  /** By part of the registry, the number of checks in a row in which each server was missing there. */
  private readonly missing = new Map<RegistryPart, ReadonlyMap<string, number>>();
  private readonly stopLooking: () => void;

  constructor(
    private readonly registry: Pick<ConnectionRegistry, 'parts'>,
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
    const { parts } = this.registry;
    const unavailable = await this.check(serverIds, parts);
    for (const serverId of serverIds) {
      const checks = parts.map((part) => this.missing.get(part)?.get(serverId) ?? 0);
      const isDead = unavailable.length === 0 && Math.min(...checks) >= deadAfter;
      if (isDead) await this.mailboxes.remove(serverId).catch(this.reportFailure);
      else
        await this.notify(
          serverId,
          parts.filter((_, index) => (checks[index] ?? 0) >= unlistedAfter),
        );
    }
    if (unavailable.length > 0) throw unavailable[0];
  }

  /** Counts the servers that each part does not list. Returns the failures of parts that are unavailable. */
  private async check(serverIds: readonly string[], parts: readonly RegistryPart[]): Promise<unknown[]> {
    const lists = await Promise.allSettled(parts.map((part) => part.liveServers()));
    return parts.flatMap((part, index) => {
      const list = lists[index];
      if (list?.status !== 'fulfilled') {
        this.missing.delete(part);
        return [list?.reason];
      }
      const live = new Set(list.value);
      const before = this.missing.get(part);
      const missing = serverIds.filter((serverId) => !live.has(serverId));
      this.missing.set(part, new Map(missing.map((serverId) => [serverId, (before?.get(serverId) ?? 0) + 1])));
      return [];
    });
  }

  private async notify(serverId: string, parts: readonly RegistryPart[]): Promise<void> {
    if (parts.length === 0) return;
    const deliveries = parts.map(({ name }) => ({ kind: 'unlisted' as const, part: name }));
    await this.mailboxes.deliver(serverId, deliveries).catch(this.reportFailure);
  }
}
