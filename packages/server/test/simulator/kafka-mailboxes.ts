import type { Delivery, Mailbox, Mailboxes, WaitingDeliveries } from '../../src/connections/mailbox-port.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { Gathering } from '../../src/platform/gathering.ts';
import { pause } from '../../src/platform/waiting.ts';
import type { KafkaBroker } from './kafka-broker.ts';
import { type CallBroker, SimulatedProducer } from './kafka-producer.ts';

type Receive = (deliveries: readonly Delivery[]) => void | Promise<void>;

const fetchWaitMs = 500;
const retryPauseMs = 100;

/** The mailboxes on the model of Kafka, as one process sees them. */
export class SimulatedMailboxes implements Mailboxes {
  private readonly producer: SimulatedProducer;
  private readonly opened = new Set<OpenMailbox>();

  constructor(
    private readonly broker: KafkaBroker,
    private readonly ports: { call: CallBroker; clock: Clock },
  ) {
    this.producer = new SimulatedProducer(broker, ports.call);
  }

  get waiting(): WaitingDeliveries {
    const incoming = [...this.opened].reduce((sum, mailbox) => sum + mailbox.waiting, 0);
    return { outgoing: this.producer.figures.waiting, incoming };
  }

  async open(serverId: string, receive: Receive): Promise<Mailbox> {
    await this.ports.call('open mailbox', () => this.broker.openMailbox(serverId));
    const mailbox = new OpenMailbox(this.broker, this.ports, serverId, receive);
    this.opened.add(mailbox);
    void mailbox.run().finally(() => this.opened.delete(mailbox));
    return mailbox;
  }

  async deliver(serverId: string, deliveries: readonly Delivery[]): Promise<void> {
    const texts = deliveries.map((delivery) => JSON.stringify(delivery));
    if (texts.length > 0) await this.producer.send({ kind: 'mail', serverId, texts });
  }

  serverIds(): Promise<string[]> {
    return this.ports.call('list mailboxes', () => this.broker.serverIds);
  }

  remove(serverId: string): Promise<void> {
    return this.ports.call('remove mailbox', () => this.broker.removeMailbox(serverId));
  }
}

class OpenMailbox implements Mailbox {
  isRemoved = false;
  private isOpen = true;
  private readonly gathering: Gathering<Delivery>;

  constructor(
    private readonly broker: KafkaBroker,
    private readonly ports: { call: CallBroker; clock: Clock },
    private readonly serverId: string,
    receive: Receive,
  ) {
    this.gathering = new Gathering({ handle: receive });
  }

  get waiting(): number {
    return this.gathering.size;
  }

  async run(): Promise<void> {
    for (let position = 0; this.isOpen; ) {
      try {
        const texts = await this.ports.call('fetch mail', () => this.broker.mail(this.serverId, position, fetchWaitMs));
        if (!this.isOpen) return;
        if (texts === null) {
          this.isRemoved = true;
          return;
        }
        position += texts.length;
        this.gathering.add(texts.map((text) => JSON.parse(text) as Delivery));
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        await pause(this.ports.clock, retryPauseMs);
      }
    }
  }

  async close(): Promise<void> {
    this.isOpen = false;
    this.gathering.clear();
    await this.gathering.idle();
    await this.ports.call('remove mailbox', () => this.broker.removeMailbox(this.serverId));
  }
}
