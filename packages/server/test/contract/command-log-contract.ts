import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { CommandBatch, CommandLog, CommandRecord } from '../../src/distribution/command-log-port.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { until } from '../support/until.ts';
import { newIds } from './conversations-under-test.ts';

export interface CommandLogUnderTest {
  log: CommandLog;
  /** Resolves once the log waits to deliver a failed batch again, and lets that time pass. */
  passRetryPause(): Promise<void>;
  close(): Promise<void>;
}

/** Receives batches; a test can wait for them, delay them and fail them. */
export class BatchHandler {
  readonly batches: string[][] = [];
  mostAtOnce = 0;
  /** Runs before the next batch counts as handled. */
  next: () => Promise<void> = async () => undefined;
  private atOnce = 0;

  readonly handle = async ({ records }: CommandBatch): Promise<void> => {
    // The start of a partition may be reported first.
    if (records.length === 0) return;
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    this.batches.push(records.map((record) => record.replyTo.requestId));
    await this.next().finally(() => {
      this.atOnce--;
    });
  };

  get handled(): string[] {
    return this.batches.flat();
  }

  async until(isSo: () => boolean): Promise<void> {
    await until(`the handler has got its batches: ${isSo}`, isSo);
  }
}

let lastRequest = 0;

export function record(conversationId: string = systemIds.uuid()): CommandRecord {
  const requestId = `request ${++lastRequest}`;
  return {
    command: { kind: 'join', conversationId, actorId: 'somebody', commandId: requestId },
    replyTo: { serverId: 'server', requestId },
  };
}

export const requestOf = ({ replyTo }: CommandRecord) => replyTo.requestId;

export function describeCommandLogContract(name: string, open: () => Promise<CommandLogUnderTest>): void {
  describe(`command log on ${name}`, () => {
    let opened: CommandLogUnderTest;
    let log: CommandLog;
    let handler: BatchHandler;

    beforeEach(async () => {
      opened = await open();
      log = opened.log;
      handler = new BatchHandler();
    });
    afterEach(() => opened.close());

    test('delivers every record, those of one conversation in the order of appending', async () => {
      const conversationIds = newIds(5);
      const records = Array.from({ length: 400 }, () => conversationIds.map((id) => record(id))).flat();
      for (const each of records.slice(0, 900)) await log.append(each);
      const consumer = await log.consume(handler.handle);
      await Promise.all(records.slice(900).map((each) => log.append(each)));
      await handler.until(() => handler.handled.length >= records.length);
      await consumer.close();
      for (const conversationId of conversationIds) {
        const appended = records.filter(({ command }) => command.conversationId === conversationId).map(requestOf);
        const own = new Set(appended);
        expect(handler.handled.filter((request) => own.has(request))).toEqual(appended);
      }
      expect(handler.mostAtOnce).toBe(1);
    });

    test('delivers the trace of each record that was appended with one', async () => {
      const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      const conversationId = systemIds.uuid();
      for (const each of [record(conversationId), { ...record(conversationId), trace }]) await log.append(each);
      const traces: (string | undefined)[] = [];
      const consumer = await log.consume(async (batch) => {
        traces.push(...batch.records.map((each) => each.trace));
        await handler.handle(batch);
      });
      await handler.until(() => handler.handled.length === 2);
      expect(traces).toEqual([undefined, trace]);
      await consumer.close();
    });

    test('delivers one batch at a time: records that arrive meanwhile are in the next', async () => {
      const underWay = Promise.withResolvers<void>();
      handler.next = () => underWay.promise;
      const consumer = await log.consume(handler.handle);
      const conversationId = systemIds.uuid();
      const [first, ...meanwhile] = [record(conversationId), record(conversationId), record(conversationId)];
      if (!first) throw new Error('there is a first batch');
      await log.append(first);
      await handler.until(() => handler.batches.length === 1);
      await Promise.all(meanwhile.map((each) => log.append(each)));
      expect(handler.batches).toEqual([[requestOf(first)]]);
      underWay.resolve();
      await handler.until(() => handler.handled.length === 3);
      expect(handler.handled).toEqual([first, ...meanwhile].map(requestOf));
      expect(handler.mostAtOnce).toBe(1);
      await consumer.close();
    });

    test('delivers a failed batch again after a pause, before later records', async () => {
      const conversationId = systemIds.uuid();
      const records = [record(conversationId), record(conversationId), record(conversationId)];
      const [first, second, third] = records.map(requestOf);
      handler.next = () => Promise.reject(new Error('the store is unavailable'));
      const consumer = await log.consume(handler.handle);
      await Promise.all(records.slice(0, 2).map((each) => log.append(each)));
      await handler.until(() => handler.handled.length >= 2);
      await Promise.all(records.slice(2).map((each) => log.append(each)));
      // The batch may have come again, and failed, several times.
      const failed = handler.handled.length;
      const later = () => handler.handled.slice(failed);
      handler.next = async () => undefined;
      await opened.passRetryPause();
      await handler.until(() => later().includes(third ?? ''));
      expect(later()).toEqual([first, second, third] as string[]);
      await consumer.close();
    });

    test('reports the appended records, the partitions of a consumer and its lag', async () => {
      const underWay = Promise.withResolvers<void>();
      handler.next = () => underWay.promise;
      const consumer = await log.consume(handler.handle);
      const records = [record(), record(), record()];
      await Promise.all(records.map((each) => log.append(each)));
      await handler.until(() => handler.batches.length === 1);
      expect(consumer.owned.size).toBe(log.partitions);
      const behind = async () => [...(await consumer.lag()).values()].reduce((sum, each) => sum + each, 0);
      expect(await behind()).toBe(3);
      const { waiting, records: appended, sends } = log.appends;
      expect({ waiting, appended }).toEqual({ waiting: 0, appended: 3 });
      expect(sends).toBeWithin(1, 4);
      underWay.resolve();
      await handler.until(() => handler.handled.length === 3);
      await until('the log has no lag', async () => (await behind()) === 0);
      await consumer.close();
      expect(
        await log.consume(handler.handle).then(async (next) => {
          const left = [...(await next.lag()).values()].reduce((sum, each) => sum + each, 0);
          await next.close();
          return left;
        }),
      ).toBe(0);
    });

    test('close stops consuming, and resolves when the current batch is done', async () => {
      const underWay = Promise.withResolvers<void>();
      handler.next = () => underWay.promise;
      const consumer = await log.consume(handler.handle);
      await log.append(record());
      await handler.until(() => handler.batches.length === 1);
      await log.append(record());
      let closed = false;
      const closing = consumer.close().then(() => {
        closed = true;
      });
      await Promise.resolve();
      expect(closed).toBe(false);
      underWay.resolve();
      await closing;
      expect(handler.batches).toHaveLength(1);
    });

    test('close waits neither for records that never come nor for a batch that failed', async () => {
      await (await log.consume(handler.handle)).close();
      handler.next = () => Promise.reject(new Error('the store is unavailable'));
      const consumer = await log.consume(handler.handle);
      await log.append(record());
      await handler.until(() => handler.batches.length === 1);
      await consumer.close();
    });

    test('records that were not consumed go to the next consumer', async () => {
      const consumer = await log.consume(handler.handle);
      const [done, failed, later] = [record(), record(), record()];
      await log.append(done);
      await handler.until(() => handler.batches.length === 1);
      handler.next = () => Promise.reject(new Error('the store is unavailable'));
      await log.append(failed);
      await handler.until(() => handler.handled.includes(requestOf(failed)));
      await consumer.close();
      await log.append(later);
      const next = new BatchHandler();
      const nextConsumer = await log.consume(next.handle);
      await next.until(() => next.handled.includes(requestOf(failed)) && next.handled.includes(requestOf(later)));
      await nextConsumer.close();
    });
  });
}
