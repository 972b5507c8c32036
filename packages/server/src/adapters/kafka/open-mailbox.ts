import type { Delivery } from '../../connections/mailbox-port.ts';
import { systemClock } from '../../platform/clock.ts';
import { Gathering } from '../../platform/gathering.ts';
import type { KafkaSettings } from './connection.ts';
import { type FetchedRecord, Fetcher } from './fetcher.ts';
import { deliveriesMax, deliveriesOf } from './mailbox-records.ts';
import type { Positions } from './positions.ts';

/** Called with deliveries in order, one call at a time. */
export type Receive = (deliveries: readonly Delivery[]) => void | Promise<void>;

interface OpenMailboxOptions {
  settings: KafkaSettings;
  topic: string;
  receive: Receive;
  positions: Positions;
}

/**
 * The interval at which the read position of a mailbox is committed, for `parley trace`; nothing here depends on it.
 */
const noteIntervalMs = 1_000;

/** Reads a mailbox from its start and passes its deliveries on, one call at a time. */
export class OpenMailbox {
  private readonly fetcher: Fetcher;
  private readonly stopNoting: () => void;
  private readonly deliveries = new Gathering<Delivery>({ handle: (deliveries) => this.receive(deliveries) });
  /** The offsets after the last record that was fetched, received and committed. */
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
        this.deliveries.add(records.flatMap((record) => this.deliveriesIn(record)));
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

  /** Deliveries that are fetched and not yet received. */
  get size(): number {
    return this.deliveries.size;
  }

  get isRemoved(): boolean {
    return this.fetcher.isDeleted;
  }

  /** Drops the waiting deliveries; resolves when no call of `receive` is pending. */
  async close(): Promise<void> {
    this.open = false;
    this.deliveries.clear();
    this.stopNoting();
    await this.fetcher.close();
    await this.deliveries.idle();
    await this.noting;
  }

  /** Skips a record that it cannot read. The edge then sees a gap in the numbers of the entries, and reads them. */
  private deliveriesIn(record: FetchedRecord): readonly Delivery[] {
    const deliveries = deliveriesOf(record);
    if (deliveries !== null) return deliveries;
    const { settings, topic } = this.options;
    settings.report(new Error(`record ${record.offset} of ${topic} cannot be read`));
    return [];
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
