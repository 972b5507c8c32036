import type { Delivery, Mailbox, Mailboxes, WaitingDeliveries } from '../../connections/mailbox-port.ts';

type Receive = (deliveries: readonly Delivery[]) => void | Promise<void>;

/** The embedded shape's mailboxes: calls within this process, one at a time for each server. */
export class MemoryMailboxes implements Mailboxes {
  private readonly mailboxes = new Map<string, OpenMailbox>();

  get waiting(): WaitingDeliveries {
    const incoming = [...this.mailboxes.values()].reduce((sum, mailbox) => sum + mailbox.size, 0);
    return { outgoing: 0, incoming };
  }

  async open(serverId: string, receive: Receive): Promise<Mailbox> {
    if (this.mailboxes.has(serverId)) throw new Error(`the mailbox of ${serverId} is open already`);
    const mailbox = new OpenMailbox(receive);
    this.mailboxes.set(serverId, mailbox);
    return {
      close: () => {
        this.mailboxes.delete(serverId);
        return mailbox.close();
      },
    };
  }

  async deliver(serverId: string, deliveries: readonly Delivery[]): Promise<void> {
    this.mailboxes.get(serverId)?.put(deliveries);
  }

  async serverIds(): Promise<string[]> {
    return [...this.mailboxes.keys()];
  }

  async remove(serverId: string): Promise<void> {
    const mailbox = this.mailboxes.get(serverId);
    this.mailboxes.delete(serverId);
    await mailbox?.close();
  }
}

class OpenMailbox {
  private waiting: Delivery[] = [];
  private receiving: Promise<void> | null = null;

  constructor(private readonly receive: Receive) {}

  get size(): number {
    return this.waiting.length;
  }

  put(deliveries: readonly Delivery[]): void {
    if (deliveries.length === 0) return;
    for (const delivery of deliveries) this.waiting.push(delivery);
    this.receiving ??= this.receiveAll();
  }

  /** Forgets what waits; resolves when nothing is being received any more. */
  async close(): Promise<void> {
    this.waiting = [];
    await this.receiving;
  }

  private async receiveAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const deliveries = this.waiting;
      this.waiting = [];
      await this.receive(deliveries);
    }
    this.receiving = null;
  }
}
