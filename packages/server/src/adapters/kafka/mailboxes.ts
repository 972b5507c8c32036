import { type MessageToProduce, ProduceAcks, Producer } from '@platformatic/kafka';
import type { Delivery, Mailbox, Mailboxes } from '../../distribution/mailbox-port.ts';
import { traceHeader } from '../../platform/tracing.ts';
import { clientOptions, failureOf, isUnknownTopic, type KafkaSettings } from './connection.ts';
import { Fetcher } from './fetcher.ts';
import {
  deliveriesMax,
  deliveriesOf,
  type MailboxRecord,
  sendsOf,
  type WrittenDelivery,
  written,
} from './mailbox-records.ts';
import { mailboxTopic, type Topics } from './topics.ts';

const traceHeaderBytes = Buffer.from(traceHeader);

type Receive = (deliveries: readonly Delivery[]) => void | Promise<void>;

interface Waiting {
  deliveries: readonly WrittenDelivery[];
  resolve(): void;
  reject(error: unknown): void;
}

/** A mailbox in Kafka is a topic of one partition; who delivers puts several deliveries into one record. */
export class KafkaMailboxes implements Mailboxes {
  private readonly outgoing = new Map<string, Outgoing>();
  private readonly producer: Producer<Buffer, string, Buffer, Buffer>;

  constructor(
    private readonly settings: KafkaSettings,
    private readonly topics: Topics,
  ) {
    // Not idempotent: what comes twice falls away by number, and sends to several servers may overtake one another.
    this.producer = new Producer<Buffer, string, Buffer, Buffer>({
      ...clientOptions(settings),
      serializers: { value: (text) => (text === undefined ? undefined : Buffer.from(text)) },
      acks: ProduceAcks.ALL,
    });
    this.producer.on('error', settings.report);
  }

  async open(serverId: string, receive: Receive): Promise<Mailbox> {
    await this.topics.createMailbox(serverId);
    const opened = new OpenMailbox(this.settings, mailboxTopic(this.settings.clusterName, serverId), receive);
    return {
      close: async () => {
        await opened.close();
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

/** What goes to one server: one send at a time, in order. */
class Outgoing {
  private waiting: Waiting[] = [];
  private sending = false;

  constructor(
    private readonly producer: Producer<Buffer, string, Buffer, Buffer>,
    private readonly topic: string,
  ) {}

  get idle(): boolean {
    return !this.sending && this.waiting.length === 0;
  }

  put(deliveries: readonly Delivery[]): Promise<void> {
    const writtenDeliveries = deliveries.map(written);
    return new Promise((resolve, reject) => {
      this.waiting.push({ deliveries: writtenDeliveries, resolve, reject });
      if (!this.sending) this.sendAll().catch(reject);
    });
  }

  private async sendAll(): Promise<void> {
    this.sending = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0);
      try {
        await this.send(batch.flatMap(({ deliveries }) => deliveries));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.sending = false;
  }

  private async send(deliveries: readonly WrittenDelivery[]): Promise<void> {
    for (const records of sendsOf(deliveries)) {
      try {
        await this.producer.send({ messages: records.map((record) => messageOf(this.topic, record)) });
      } catch (error) {
        // The server is gone, and its mailbox with it: nobody waits for this.
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

/** Reads a mailbox from its beginning and hands over what is in it, one call at a time. */
class OpenMailbox {
  private readonly fetcher: Fetcher;
  private waiting: Delivery[] = [];
  private receiving: Promise<void> | null = null;
  private open = true;

  constructor(
    settings: KafkaSettings,
    topic: string,
    private readonly receive: Receive,
  ) {
    this.fetcher = new Fetcher({
      ...{ settings, topic },
      hasRoom: () => this.waiting.length < deliveriesMax,
      receive: (_partition, records) => {
        for (const record of records) for (const delivery of deliveriesOf(record)) this.waiting.push(delivery);
        this.receiving ??= this.receiveAll();
      },
    });
    this.fetcher.assign(new Map([[0, 0n]]));
  }

  /** Forgets what waits; resolves when nothing is being received any more. */
  async close(): Promise<void> {
    this.open = false;
    this.waiting = [];
    await this.fetcher.close();
    await this.receiving;
  }

  private async receiveAll(): Promise<void> {
    while (this.open && this.waiting.length > 0) {
      const deliveries = this.waiting;
      this.waiting = [];
      this.fetcher.fetch();
      await this.receive(deliveries);
    }
    this.receiving = null;
  }
}
