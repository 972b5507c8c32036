import { type MessageToProduce, ProduceAcks, Producer } from '@platformatic/kafka';
import { systemClock } from '../../platform/clock.ts';
import { within } from '../../platform/waiting.ts';
import { backOffMs, clientOptions, failureOf, type KafkaSettings } from './connection.ts';

/** A record on its way to a topic. */
export interface OutgoingRecord {
  topic: string;
  partition: number;
  key?: string;
  value: string | Buffer;
  headers?: Record<string, string>;
}

interface Waiting {
  record: OutgoingRecord;
  sizeBytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Below the brokers' `max.message.bytes` of one mebibyte, which holds for what one send has for one partition. A
 * single record larger than this goes alone.
 */
const sendBytes = 900_000;
const sendRecords = 2_000;
/** How long the first attempts to be taken as a producer go on. */
const openMs = 10_000;
const overheadBytes = 100;
/** Fewer than two would mean "for ever" to the client, when it is idempotent. */
const sendRetries = 2;
const sendTimeoutMs = 6_000;

/**
 * Sends records with acks=all, idempotently, one send at a time: what comes meanwhile goes in the next. More than one
 * at a time is refused by the brokers (OUT_OF_ORDER_SEQUENCE_NUMBER), and is slower.
 */
export class BatchingProducer {
  private waiting: Waiting[] = [];
  private sending: Promise<void> | null = null;
  private producer: Producer<string, string | Buffer, string, string> | null = null;

  private sentRecords = 0;
  private sends = 0;

  constructor(private readonly settings: KafkaSettings) {}

  /** What was sent so far, and what waits. */
  get figures(): { waiting: number; records: number; sends: number } {
    return { waiting: this.waiting.length, records: this.sentRecords, sends: this.sends };
  }

  /** Resolves when the brokers take records, which young ones do only after a while. Rejects with `Unavailable`. */
  async open(): Promise<void> {
    const endMs = performance.now() + openMs;
    for (let failures = 0; ; failures++) {
      this.producer ??= this.connect();
      try {
        await within(systemClock, openMs, this.producer.initIdempotentProducer({}));
        return;
      } catch (error) {
        if (performance.now() > endMs) throw failureOf(error, 'take records');
        await Bun.sleep(backOffMs(failures));
      }
    }
  }

  /**
   * Resolves when the record is on the disks of all replicas in sync. Rejects with `Unavailable`; whether the record
   * is in the topic is then not known.
   */
  send(record: OutgoingRecord): Promise<void> {
    const sizeBytes = Buffer.byteLength(record.value) + Buffer.byteLength(record.key ?? '') + overheadBytes;
    return new Promise((resolve, reject) => {
      this.waiting.push({ record, sizeBytes, resolve, reject });
      // After this turn of the event loop, so that all that it brings goes together.
      this.sending ??= new Promise<void>((next) => setImmediate(next)).then(() => this.sendAll());
    });
  }

  /** Sends what waits, then closes. */
  async close(): Promise<void> {
    await this.sending;
    await this.producer?.close();
  }

  private async sendAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.nextBatch();
      try {
        this.producer ??= this.connect();
        const messages = batch.map(({ record }) => messageOf(record));
        await within(systemClock, sendTimeoutMs, this.producer.send({ messages }));
        this.sends++;
        this.sentRecords += batch.length;
        for (const { resolve } of batch) resolve();
      } catch (error) {
        // Whatever its sequence numbers were, a new producer's begin anew.
        const broken = this.producer;
        this.producer = null;
        broken?.close().catch(this.settings.report);
        // Who has waited behind it would wait as long again.
        for (const { reject } of [...batch, ...this.waiting.splice(0)]) reject(failureOf(error, 'take records'));
      }
    }
    this.sending = null;
  }

  private nextBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { sizeBytes } of this.waiting) {
      if (count > 0 && (bytes + sizeBytes > sendBytes || count >= sendRecords)) break;
      bytes += sizeBytes;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  private connect(): Producer<string, string | Buffer, string, string> {
    const producer = new Producer<string, string | Buffer, string, string>({
      ...clientOptions(this.settings),
      retries: sendRetries,
      serializers: { key: bytesOf, value: bytesOf, headerKey: bytesOf, headerValue: bytesOf },
      idempotent: true,
      acks: ProduceAcks.ALL,
    });
    producer.on('error', this.settings.report);
    return producer;
  }
}

function messageOf({ topic, partition, key, value, headers }: OutgoingRecord) {
  const message: MessageToProduce<string, string | Buffer, string, string> = { topic, partition, value };
  if (key !== undefined) message.key = key;
  if (headers) message.headers = headers;
  return message;
}

function bytesOf(text: string | Buffer | undefined): Buffer | undefined {
  return text === undefined || Buffer.isBuffer(text) ? text : Buffer.from(text);
}
