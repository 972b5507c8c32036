import { type MessageToProduce, ProduceAcks, Producer } from '@platformatic/kafka';
import { systemClock } from '../../platform/clock.ts';
import { SharedCalls } from '../../platform/shared-calls.ts';
import { within } from '../../platform/waiting.ts';
import { backOffMs, clientOptions, failureOf, type KafkaSettings } from './connection.ts';

/** A record to send to a topic. */
export interface OutgoingRecord {
  topic: string;
  partition: number;
  key?: string;
  value: string | Buffer;
  headers?: Record<string, string>;
}

/**
 * Below the brokers' `max.message.bytes` of one mebibyte, which limits the records of one send for one partition. A
 * larger record is sent alone.
 */
const sendBytes = 900_000;
const sendRecords = 2_000;
/** How long the first attempts to get a producer id are retried. */
const openMs = 10_000;
const overheadBytes = 100;
/** The idempotent client retries forever when this is less than two. */
const sendRetries = 2;
const sendTimeoutMs = 6_000;

/**
 * Sends records with acks=all, idempotently, one send at a time; records that arrive meanwhile are in the next send.
 * Brokers refuse several at the same time (OUT_OF_ORDER_SEQUENCE_NUMBER), and that is slower.
 */
export class BatchingProducer {
  private readonly calls = new SharedCalls<OutgoingRecord>({
    run: (records) => this.sendTogether(records),
    next: sentTogether,
    // After this turn of the event loop, so that all its records are sent together.
    begin: () => new Promise((next) => setImmediate(next)),
    failsWaiting: true,
  });
  private producer: Producer<string, string | Buffer, string, string> | null = null;

  private sentRecords = 0;
  private sends = 0;

  constructor(private readonly settings: KafkaSettings) {}

  /** Counts of sent and waiting records. */
  get figures(): { waiting: number; records: number; sends: number } {
    return { waiting: this.calls.size, records: this.sentRecords, sends: this.sends };
  }

  /** Resolves when the brokers accept records, which new ones do only after a while. Rejects with `Unavailable`. */
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
   * Resolves when all in-sync replicas have the record. Rejects with `Unavailable`; the record may or may not be in the
   * topic then.
   */
  send(record: OutgoingRecord): Promise<void> {
    return this.calls.call(record);
  }

  /** Sends the waiting records, then closes. */
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
      // The sequence numbers of a new producer start again.
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

/** The number of these records that fit into one send. */
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
