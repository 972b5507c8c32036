import type { UserId } from '@parley/protocol';
import type { Delivery, Mailboxes } from './mailbox-port.ts';
import type { ConnectionRegistry } from './registry-port.ts';

/**
 * Tells people, wherever they are connected, something that is part of no log. Nobody who is offline will learn it,
 * and it may be lost; what must arrive goes through the command log.
 */
export class Signals {
  constructor(
    private readonly registry: Pick<ConnectionRegistry, 'serversOf' | 'watchersOf'>,
    private readonly mailboxes: Pick<Mailboxes, 'deliver'>,
  ) {}

  /** One delivery for each server, made for those of the users who are on it. */
  async send(userIds: readonly UserId[], delivery: (userIds: UserId[]) => Delivery): Promise<void> {
    const servers = await this.registry.serversOf(userIds);
    await Promise.all(
      Array.from(servers, ([serverId, present]) => this.mailboxes.deliver(serverId, [delivery(present)])),
    );
  }

  /** To each server where the user is, or where somebody watches them. */
  async tellOf(userId: UserId, delivery: Delivery): Promise<void> {
    const [servers, watchers] = await Promise.all([
      this.registry.serversOf([userId]),
      this.registry.watchersOf([userId]),
    ]);
    const serverIds = new Set([...servers.keys(), ...[...watchers.values()].flat()]);
    await Promise.all(Array.from(serverIds, (serverId) => this.mailboxes.deliver(serverId, [delivery])));
  }
}
