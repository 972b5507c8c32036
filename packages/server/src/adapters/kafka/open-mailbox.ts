import type { Delivery } from '../../connections/mailbox-port.ts';
import { systemClock } from '../../platform/clock.ts';
import { Gathering } from '../../platform/gathering.ts';
import type { KafkaSettings } from './connection.ts';
import { Fetcher } from './fetcher.ts';
import { deliveriesMax, deliveriesOf } from './mailbox-records.ts';
import type { Positions } from './positions.ts';

/** Is called with deliveries in their order, one call at a time. */
export type Receive = (deliveries: readonly Delivery[]) => void | Promise<void>;

interface OpenMailboxOptions {
  settings: KafkaSettings;
  topic: string;
  receive: Receive;
  positions: Positions;
}

/** How far a mailbox was read is noted this often, for whoever looks for a message; nothing here depends on it. */
const noteIntervalMs = 1_000;

/** Reads a mailbox from its beginning and hands over what is in it, one call at a time. */
export class OpenMailbox {
  private readonly fetcher: Fetcher;
  private readonly stopNoting: () => void;
  private readonly deliveries = new Gathering<Delivery>({ handle: (deliveries) => this.receive(deliveries) });
  /** Offsets after the last record that was fetched, handed over, noted. */
  private fetched = 0n;
  private taken = 0n;
  private noted = 0n;
  private noting: Promise<void> | null = null;
  private open = true;

  constructor(private readonly options: OpenMailboxOptions) {
    const { settings, topic } = options;
    this.fetcher = new Fetcher({
      ...{ settings, topic },
      mayMiss: true,
      hasRoom: () => this.deliveries.size < deliveriesMax,
      receive: (_partition, records) => {
        for (const record of records) {
          this.fetched = record.offset + 1n;
        }
        this.deliveries.add(records.flatMap((record) => deliveriesOf(record)));
      },
    });
    this.fetcher.assign(new Map([[0, 0n]]));
    this.stopNoting = systemClock.every(noteIntervalMs, () => {
      this.noting ??= this.note()
        .catch(settings.report)
        .finally(() => {
          this.noting = null;
        });
    });
  }

  /** Deliveries that were fetched and wait to be received. */
  get size(): number {
    return this.deliveries.size;
  }

  /** Forgets what waits; resolves when nothing is being received any more. */
  async close(): Promise<void> {
    this.open = false;
    this.deliveries.clear();
    this.stopNoting();
    await this.fetcher.close();
    await this.deliveries.idle();
    await this.noting;
  }

  private async receive(deliveries: readonly Delivery[]): Promise<void> {
    if (!this.open) return;
    const next = this.fetched;
    this.fetcher.fetch();
    await this.options.receive(deliveries);
    this.taken = next;
  }

  private async note(): Promise<void> {
    const { taken } = this;
    if (taken === this.noted || !this.open) return;
    await this.options.positions.commit(this.options.topic, this.options.topic, 0, taken);
    this.noted = taken;
  }
}
