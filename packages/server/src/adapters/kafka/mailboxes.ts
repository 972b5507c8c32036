import { type MessageToProduce, ProduceAcks, Producer } from '@platformatic/kafka';
import type { Delivery, Mailbox, Mailboxes, WaitingDeliveries } from '../../connections/mailbox-port.ts';
import { systemClock } from '../../platform/clock.ts';
import { SharedCalls } from '../../platform/shared-calls.ts';
import { traceHeader } from '../../platform/tracing.ts';
import { pause } from '../../platform/waiting.ts';
import { backOffMs, clientOptions, failureOf, isUnknownTopic, type KafkaSettings } from './connection.ts';
import { type MailboxRecord, sendsOf, type WrittenDelivery, written } from './mailbox-records.ts';
import { OpenMailbox, type Receive } from './open-mailbox.ts';
import { mailboxTopic, type Topics } from './topics.ts';

const traceHeaderBytes = Buffer.from(traceHeader);
/** For how long a broker may not know a mailbox that another one lists. */
const unknownMaxMs = 5_000;

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
    const outgoing = this.outgoing.get(serverId) ?? this.outgoingTo(serverId);
    return outgoing.put(deliveries).finally(() => {
      if (outgoing.idle && this.outgoing.get(serverId) === outgoing) this.outgoing.delete(serverId);
    });
  }

  private outgoingTo(serverId: string): Outgoing {
    const topic = mailboxTopic(this.settings.clusterName, serverId);
    const exists = async () => (await this.topics.partitionsOf(topic)).length > 0;
    const outgoing = new Outgoing(this.producer, topic, exists);
    this.outgoing.set(serverId, outgoing);
    return outgoing;
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
  /** When a broker was first found not to know the mailbox, although it exists; null while the brokers know it. */
  private unknownSinceMs: number | null = null;

  constructor(
    private readonly producer: Producer<Buffer, string, Buffer, Buffer>,
    private readonly topic: string,
    private readonly exists: () => Promise<boolean>,
  ) {}

  /** Whether this can be forgotten: nothing waits, and a later send has all of {@link unknownMaxMs}. */
  get idle(): boolean {
    return this.unsent === 0 && this.unknownSinceMs === null;
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
    for (const records of sendsOf(deliveries)) await this.sendRecords(records);
  }

  /**
   * Drops the records when the mailbox is gone, as its server is. A broker that was restarted or became the leader may
   * not know a new mailbox yet: then they are sent again, for {@link unknownMaxMs} over all calls. After that, each call
   * fails at its first attempt, so that its caller retries and no record is dropped.
   */
  private async sendRecords(records: readonly MailboxRecord[]): Promise<void> {
    for (let failures = 0; ; failures++) {
      try {
        await this.producer.send({ messages: records.map((record) => messageOf(this.topic, record)) });
        this.unknownSinceMs = null;
        return;
      } catch (error) {
        const failure = failureOf(error, 'deliver to a mailbox');
        if (!isUnknownTopic(error)) throw failure;
        if (!(await this.exists())) {
          this.unknownSinceMs = null;
          return;
        }
        this.producer.clearMetadata();
        const nowMs = systemClock.monotonicMs();
        this.unknownSinceMs ??= nowMs;
        if (nowMs - this.unknownSinceMs > unknownMaxMs) throw failure;
        await pause(systemClock, backOffMs(failures));
      }
    }
  }
}

function messageOf(topic: string, { value, trace }: MailboxRecord) {
  const message: MessageToProduce<Buffer, string, Buffer, Buffer> = { topic, partition: 0, value };
  if (trace !== undefined) message.headers = new Map([[traceHeaderBytes, Buffer.from(trace)]]);
  return message;
}
