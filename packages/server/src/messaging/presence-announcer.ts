import type { UserId } from '@parley/protocol';
import type { Mailboxes } from '../connections/mailbox-port.ts';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import type { Clock } from '../platform/clock.ts';

const expiryIntervalMs = 2_500;

/**
 * Hints to the servers that watch a user, and to no other server, that the user came online or went offline. They read
 * the registry, now and then also without a hint: one that fails is not repeated (race 15).
 */
export class PresenceAnnouncer {
  private readonly stopExpiring: () => void;

  constructor(
    private readonly registry: Pick<ConnectionRegistry, 'watchersOf' | 'expireServers'>,
    private readonly mailboxes: Pick<Mailboxes, 'deliver'>,
    clock: Clock,
    private readonly reportFailure: (error: unknown) => void,
  ) {
    // Every server looks for dead servers; the registry returns the users of each dead one to a single server.
    this.stopExpiring = clock.every(expiryIntervalMs, () => {
      this.announceExpired().catch(reportFailure);
    });
  }

  stop(): void {
    this.stopExpiring();
  }

  /** Never rejects. */
  async announce(userIds: readonly UserId[], online: boolean): Promise<void> {
    if (userIds.length > 0) await this.hint(userIds, online).catch(this.reportFailure);
  }

  private async hint(userIds: readonly UserId[], online: boolean): Promise<void> {
    const watchers = await this.registry.watchersOf(userIds);
    const byServer = Map.groupBy(
      [...watchers].flatMap(([userId, serverIds]) => serverIds.map((serverId) => ({ serverId, userId }))),
      ({ serverId }) => serverId,
    );
    await Promise.all(
      Array.from(byServer, ([serverId, rows]) =>
        this.mailboxes.deliver(
          serverId,
          rows.map(({ userId }) => ({ kind: 'presence', userId, online })),
        ),
      ),
    );
  }

  private async announceExpired(): Promise<void> {
    await this.announce(await this.registry.expireServers(), false);
  }
}
