import { type MessageToProduce, ProduceAcks, Producer } from '@platformatic/kafka';
import type { Delivery, Mailbox, Mailboxes, WaitingDeliveries } from '../../connections/mailbox-port.ts';
import { SharedCalls } from '../../platform/shared-calls.ts';
import { traceHeader } from '../../platform/tracing.ts';
import { clientOptions, failureOf, isUnknownTopic, type KafkaSettings } from './connection.ts';
import { type MailboxRecord, sendsOf, type WrittenDelivery, written } from './mailbox-records.ts';
import { OpenMailbox, type Receive } from './open-mailbox.ts';
import { mailboxTopic, type Topics } from './topics.ts';

const traceHeaderBytes = Buffer.from(traceHeader);

/** Mailboxes in Kafka: each is a topic with one partition; several deliveries share a record. */
export class KafkaMailboxes implements Mailboxes {
  private readonly outgoing = new Map<string, Outgoing>();
  private readonly opened = new Set<OpenMailbox>();
  private readonly producer: Producer<Buffer, string, Buffer, Buffer>;

  constructor(
    private readonly settings: KafkaSettings,
    private readonly topics: Topics,
  ) {
    // Not idempotent: receivers drop duplicates by number, and sends to different servers need no order.
    this.producer = new Producer<Buffer, string, Buffer, Buffer>({
      ...clientOptions(settings),
      serializers: { value: (text) => (text === undefined ? undefined : Buffer.from(text)) },
      acks: ProduceAcks.ALL,
    });
    this.producer.on('error', settings.report);
  }

  get waiting(): WaitingDeliveries {
    const sizes = (queues: Iterable<{ size: number }>) => [...queues].reduce((sum, { size }) => sum + size, 0);
    return { outgoing: sizes(this.outgoing.values()), incoming: sizes(this.opened) };
  }

  async open(serverId: string, receive: Receive): Promise<Mailbox> {
    await this.topics.createMailbox(serverId);
    const topic = mailboxTopic(this.settings.clusterName, serverId);
    const opened = new OpenMailbox({ settings: this.settings, topic, receive, positions: this.topics.positions });
    this.opened.add(opened);
    return {
      get isRemoved() {
        return opened.isRemoved;
      },
      close: async () => {
        await opened.close();
        this.opened.delete(opened);
        await this.topics.removeMailbox(serverId);
      },
    };
  }

  deliver(serverId: string, deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length === 0) return Promise.resolve();
    const known = this.outgoing.get(serverId);
    const outgoing = known ?? new Outgoing(this.producer, mailboxTopic(this.settings.clusterName, serverId));
    if (!known) this.outgoing.set(serverId, outgoing);
    return outgoing.put(deliveries).finally(() => {
      if (outgoing.idle && this.outgoing.get(serverId) === outgoing) this.outgoing.delete(serverId);
    });
  }

  serverIds(): Promise<string[]> {
    return this.topics.mailboxes();
  }

  remove(serverId: string): Promise<void> {
    return this.topics.removeMailbox(serverId);
  }

  async close(): Promise<void> {
    await this.producer.close();
  }
}

/** Deliveries to one server: one send at a time, in order. */
class Outgoing {
  private readonly sends = new SharedCalls<readonly WrittenDelivery[]>({ run: (lists) => this.send(lists.flat()) });
  private unsent = 0;

  constructor(
    private readonly producer: Producer<Buffer, string, Buffer, Buffer>,
    private readonly topic: string,
  ) {}

  get idle(): boolean {
    return this.unsent === 0;
  }

  /** The number of deliveries that wait or are being sent. */
  get size(): number {
    return this.unsent;
  }

  async put(deliveries: readonly Delivery[]): Promise<void> {
    this.unsent += deliveries.length;
    try {
      await this.sends.call(deliveries.map(written));
    } finally {
      this.unsent -= deliveries.length;
    }
  }

  private async send(deliveries: readonly WrittenDelivery[]): Promise<void> {
    for (const records of sendsOf(deliveries)) {
      try {
        await this.producer.send({ messages: records.map((record) => messageOf(this.topic, record)) });
      } catch (error) {
        // The server and its mailbox are gone, so the deliveries are dropped.
        if (isUnknownTopic(error)) return;
        throw failureOf(error, 'deliver to a mailbox');
      }
    }
  }
}

function messageOf(topic: string, { value, trace }: MailboxRecord) {
  const message: MessageToProduce<Buffer, string, Buffer, Buffer> = { topic, partition: 0, value };
  if (trace !== undefined) message.headers = new Map([[traceHeaderBytes, Buffer.from(trace)]]);
  return message;
}
