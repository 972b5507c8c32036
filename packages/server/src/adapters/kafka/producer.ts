import { type MessageToProduce, ProduceAcks, Producer } from '@platformatic/kafka';
import { systemClock } from '../../platform/clock.ts';
import { SharedCalls } from '../../platform/shared-calls.ts';
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
  private readonly calls = new SharedCalls<OutgoingRecord>({
    run: (records) => this.sendTogether(records),
    next: sentTogether,
    // After this turn of the event loop, so that all that it brings goes together.
    begin: () => new Promise((next) => setImmediate(next)),
    failsWaiting: true,
  });
  private producer: Producer<string, string | Buffer, string, string> | null = null;

  private sentRecords = 0;
  private sends = 0;

  constructor(private readonly settings: KafkaSettings) {}

  /** What was sent so far, and what waits. */
  get figures(): { waiting: number; records: number; sends: number } {
    return { waiting: this.calls.size, records: this.sentRecords, sends: this.sends };
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
    return this.calls.call(record);
  }

  /** Sends what waits, then closes. */
  async close(): Promise<void> {
    await this.calls.idle();
    await this.producer?.close();
  }

  private async sendTogether(records: readonly OutgoingRecord[]): Promise<void> {
    try {
      this.producer ??= this.connect();
      await within(systemClock, sendTimeoutMs, this.producer.send({ messages: records.map(messageOf) }));
      this.sends++;
      this.sentRecords += records.length;
    } catch (error) {
      // Whatever its sequence numbers were, a new producer's begin anew.
      const broken = this.producer;
      this.producer = null;
      broken?.close().catch(this.settings.report);
      throw failureOf(error, 'take records');
    }
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

/** How many of the first of these records one send takes. */
function sentTogether(records: readonly OutgoingRecord[]): number {
  let bytes = 0;
  let count = 0;
  for (const record of records) {
    bytes += sizeBytesOf(record);
    if (count > 0 && (bytes > sendBytes || count >= sendRecords)) break;
    count++;
  }
  return count;
}

function sizeBytesOf({ key = '', value }: OutgoingRecord): number {
  return Buffer.byteLength(value) + Buffer.byteLength(key) + overheadBytes;
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
