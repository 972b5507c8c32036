import type { UserId } from '@parley/protocol';
import type { Delivery, Mailboxes } from './mailbox-port.ts';
import type { ConnectionRegistry } from './registry-port.ts';

/**
 * Sends frames that are part of no log to users on all their servers. Users who are offline never get them, and they
 * may be lost; what must arrive goes through the command log.
 */
export class Signals {
  constructor(
    private readonly registry: Pick<ConnectionRegistry, 'serversOf' | 'watchersOf'>,
    private readonly mailboxes: Pick<Mailboxes, 'deliver'>,
  ) {}

  /**
   * Puts one delivery into the mailbox of each server that has some of the users; `delivery` makes it for those users.
   */
  async send(userIds: readonly UserId[], delivery: (userIds: UserId[]) => Delivery): Promise<void> {
    const servers = await this.registry.serversOf(userIds);
    await Promise.all(
      Array.from(servers, ([serverId, present]) => this.mailboxes.deliver(serverId, [delivery(present)])),
    );
  }

  /** Puts the delivery into the mailbox of each server that the user is connected to or that watches the user. */
  async tellOf(userId: UserId, delivery: Delivery): Promise<void> {
    const [servers, watchers] = await Promise.all([
      this.registry.serversOf([userId]),
      this.registry.watchersOf([userId]),
    ]);
    const serverIds = new Set([...servers.keys(), ...[...watchers.values()].flat()]);
    await Promise.all(Array.from(serverIds, (serverId) => this.mailboxes.deliver(serverId, [delivery])));
  }
}
