import type { UserId } from '@parley/protocol';
import type { Delivery, Mailboxes } from './mailbox-port.ts';
import type { ConnectionRegistry } from './registry-port.ts';

/**
 * Sends frames that are part of no log to users on all their servers. Users who are offline never get them, and they
 * may be lost: a failure is reported, and does not fail the operation, whose change is stored by then. What must arrive
 * goes through the command log, or is read again by the receiver.
 */
export class Signals {
  constructor(
    private readonly registry: Pick<ConnectionRegistry, 'serversOf' | 'watchersOf'>,
    private readonly mailboxes: Pick<Mailboxes, 'deliver'>,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  /**
   * Puts one delivery into the mailbox of each server that has some of the users; `delivery` makes it for those users.
   * Never rejects.
   */
  async send(userIds: readonly UserId[], delivery: (userIds: UserId[]) => Delivery): Promise<void> {
    try {
      const servers = await this.registry.serversOf(userIds);
      await this.deliver(new Map(Array.from(servers, ([serverId, present]) => [serverId, delivery(present)])));
    } catch (error) {
      this.reportFailure(error);
    }
  }

  /**
   * Puts the delivery into the mailbox of each server that the user is connected to or that watches the user. Never
   * rejects.
   */
  async tellOf(userId: UserId, delivery: Delivery): Promise<void> {
    try {
      const [servers, watchers] = await Promise.all([
        this.registry.serversOf([userId]),
        this.registry.watchersOf([userId]),
      ]);
      const serverIds = [...servers.keys(), ...[...watchers.values()].flat()];
      await this.deliver(new Map(serverIds.map((serverId) => [serverId, delivery])));
    } catch (error) {
      this.reportFailure(error);
    }
  }

  private async deliver(deliveries: ReadonlyMap<string, Delivery>): Promise<void> {
    await Promise.all(Array.from(deliveries, ([serverId, delivery]) => this.mailboxes.deliver(serverId, [delivery])));
  }
}
