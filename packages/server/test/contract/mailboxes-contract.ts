import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { Entry } from '@parley/protocol';
import type { Delivery, Mailboxes } from '../../src/connections/mailbox-port.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { until } from '../support/until.ts';

export interface MailboxesUnderTest {
  mailboxes: Mailboxes;
  close(): Promise<void>;
}

/** A delivery that is identified by its number. */
function numbered(number: number): Delivery {
  return { kind: 'outcome', requestId: String(number), outcome: { kind: 'unchanged' } };
}

function message(seq: number): Entry {
  const numbers = { conversationId: 'conversation', seq, messageCount: seq, atMs: seq, senderId: 'somebody' };
  return { kind: 'message', ...numbers, clientMessageId: String(seq), text: 'text' };
}

/** Records what it receives; a test can wait for it and delay it. */
class Receiver {
  readonly received: number[] = [];
  mostAtOnce = 0;
  until: Promise<void> = Promise.resolve();
  private atOnce = 0;

  readonly receive = async (deliveries: readonly Delivery[]): Promise<void> => {
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    for (const delivery of deliveries) {
      if (delivery.kind === 'outcome') this.received.push(Number(delivery.requestId));
    }
    await this.until;
    this.atOnce--;
  };

  async has(number: number): Promise<void> {
    await until(`delivery ${number} is received`, () => this.received.includes(number));
  }
}

export function describeMailboxesContract(name: string, open: () => Promise<MailboxesUnderTest>): void {
  describe(`mailboxes on ${name}`, () => {
    let opened: MailboxesUnderTest;
    let mailboxes: Mailboxes;
    let receiver: Receiver;
    let serverId: string;

    beforeEach(async () => {
      opened = await open();
      mailboxes = opened.mailboxes;
      receiver = new Receiver();
      serverId = systemIds.uuid();
    });
    afterEach(() => opened.close());

    test('continue after an empty delivery', async () => {
      const mailbox = await mailboxes.open(serverId, receiver.receive);
      await mailboxes.deliver(serverId, []);
      await mailboxes.deliver(serverId, [numbered(1)]);
      await receiver.has(1);
      await mailbox.close();
    });

    test('pass on all deliveries of one sender in order, one call at a time', async () => {
      const mailbox = await mailboxes.open(serverId, receiver.receive);
      const sent: Promise<void>[] = [];
      for (let number = 0; number < 300; number += 3) {
        sent.push(mailboxes.deliver(serverId, [number, number + 1, number + 2].map(numbered)));
        if (number % 30 === 0) await Promise.all(sent);
      }
      await Promise.all(sent);
      await receiver.has(299);
      expect([...new Set(receiver.received)]).toEqual(Array.from({ length: 300 }, (_, number) => number));
      expect(receiver.mostAtOnce).toBe(1);
      await mailbox.close();
    });

    test('deliver each copy of an entry with its trace, and in order', async () => {
      const traces = ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', undefined, '00-1-2-01', '00-1-2-01'];
      const copies: Delivery[] = traces.map((trace, index) => ({
        ...{ kind: 'entry', entry: message(index + 1), broadcast: false, interested: false, recipientIds: [] },
        ...(trace !== undefined && { trace }),
      }));
      const received: Delivery[] = [];
      const mailbox = await mailboxes.open(serverId, async (deliveries) => {
        received.push(...deliveries);
        await receiver.receive(deliveries);
      });
      await mailboxes.deliver(serverId, [...copies, numbered(1)]);
      await receiver.has(1);
      expect(received).toEqual([...copies, numbered(1)]);
      await mailbox.close();
    });

    test('resolve a delivery while its receiver is busy, and pass it on afterwards', async () => {
      const busy = Promise.withResolvers<void>();
      receiver.until = busy.promise;
      const mailbox = await mailboxes.open(serverId, receiver.receive);
      await mailboxes.deliver(serverId, [numbered(1)]);
      await receiver.has(1);
      for (const number of [2, 3]) await mailboxes.deliver(serverId, [numbered(number)]);
      expect(receiver.received).not.toContain(2);
      busy.resolve();
      await receiver.has(3);
      expect([...new Set(receiver.received)]).toEqual([1, 2, 3]);
      expect(receiver.mostAtOnce).toBe(1);
      await mailbox.close();
    });

    test('report deliveries that wait to be received', async () => {
      const busy = Promise.withResolvers<void>();
      receiver.until = busy.promise;
      const mailbox = await mailboxes.open(serverId, receiver.receive);
      await mailboxes.deliver(serverId, [numbered(1)]);
      await receiver.has(1);
      await mailboxes.deliver(serverId, [2, 3].map(numbered));
      expect(mailboxes.waiting.outgoing).toBe(0);
      await until('two deliveries wait to be received', () => mailboxes.waiting.incoming >= 2);
      busy.resolve();
      await receiver.has(3);
      expect(mailboxes.waiting).toEqual({ outgoing: 0, incoming: 0 });
      await mailbox.close();
    });

    test('are separate for each server', async () => {
      const other = new Receiver();
      const otherId = systemIds.uuid();
      const own = await mailboxes.open(serverId, receiver.receive);
      const others = await mailboxes.open(otherId, other.receive);
      await mailboxes.deliver(serverId, [numbered(1)]);
      await mailboxes.deliver(otherId, [numbered(2)]);
      await Promise.all([receiver.has(1), other.has(2)]);
      expect([new Set(receiver.received), new Set(other.received)]).toEqual([new Set([1]), new Set([2])]);
      await Promise.all([own.close(), others.close()]);
    });

    test('that do not exist drop deliveries without an error', async () => {
      await mailboxes.deliver(serverId, [numbered(1)]);
      const mailbox = await mailboxes.open(serverId, receiver.receive);
      await mailboxes.deliver(serverId, [numbered(2)]);
      await receiver.has(2);
      expect(receiver.received).not.toContain(1);
      await mailbox.close();
    });

    test('pass nothing on once closed, and close when no call is pending', async () => {
      const busy = Promise.withResolvers<void>();
      receiver.until = busy.promise;
      const mailbox = await mailboxes.open(serverId, receiver.receive);
      await mailboxes.deliver(serverId, [numbered(1)]);
      await receiver.has(1);
      await mailboxes.deliver(serverId, [numbered(2)]);
      let closed = false;
      const closing = mailbox.close().then(() => {
        closed = true;
      });
      await Promise.resolve();
      expect(closed).toBe(false);
      busy.resolve();
      await closing;
      const { length } = receiver.received;
      await mailboxes.deliver(serverId, [numbered(3)]);
      const sentinel = new Receiver();
      const next = await mailboxes.open(systemIds.uuid(), sentinel.receive);
      await next.close();
      expect(receiver.received).toHaveLength(length);
    });
  });
}
