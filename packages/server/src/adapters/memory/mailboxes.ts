import type { Delivery, Mailbox, Mailboxes, WaitingDeliveries } from '../../connections/mailbox-port.ts';
import { Gathering } from '../../platform/gathering.ts';

type Receive = (deliveries: readonly Delivery[]) => void | Promise<void>;

/** The embedded shape's mailboxes: calls within this process, one at a time for each server. */
export class MemoryMailboxes implements Mailboxes {
  private readonly mailboxes = new Map<string, Gathering<Delivery>>();

  get waiting(): WaitingDeliveries {
    const incoming = [...this.mailboxes.values()].reduce((sum, mailbox) => sum + mailbox.size, 0);
    return { outgoing: 0, incoming };
  }

  async open(serverId: string, receive: Receive): Promise<Mailbox> {
    if (this.mailboxes.has(serverId)) throw new Error(`the mailbox of ${serverId} is already open`);
    const mailbox = new Gathering<Delivery>({ handle: receive });
    this.mailboxes.set(serverId, mailbox);
    const isRemoved = () => this.mailboxes.get(serverId) !== mailbox;
    return {
      get isRemoved() {
        return isRemoved();
      },
      close: () => {
        if (!isRemoved()) this.mailboxes.delete(serverId);
        return closed(mailbox);
      },
    };
  }

  async deliver(serverId: string, deliveries: readonly Delivery[]): Promise<void> {
    this.mailboxes.get(serverId)?.add(deliveries);
  }

  async serverIds(): Promise<string[]> {
    return [...this.mailboxes.keys()];
  }

  async remove(serverId: string): Promise<void> {
    const mailbox = this.mailboxes.get(serverId);
    this.mailboxes.delete(serverId);
    if (mailbox) await closed(mailbox);
  }
}

/** Drops the waiting deliveries; resolves when no call of `receive` is pending. */
function closed(mailbox: Gathering<Delivery>): Promise<void> {
  mailbox.clear();
  return mailbox.idle();
}
