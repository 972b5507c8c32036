import type { Delivery } from '../../connections/mailbox-port.ts';
import { type TraceParent, traceHeader } from '../../platform/tracing.ts';
import type { FetchedRecord } from './fetcher.ts';
import { headerOf } from './record-format.ts';

/** A delivery as JSON, and its trace. */
export interface WrittenDelivery {
  text: string;
  trace: TraceParent | undefined;
}

/** Deliveries of one trace, or of none, as a JSON array. */
export interface MailboxRecord {
  value: string;
  trace: TraceParent | undefined;
}

/** The maximum size of one send, well below the brokers' `max.message.bytes`; a larger delivery is sent alone. */
const sendBytes = 500_000;
/** The maximum number of deliveries in one send, and of waiting deliveries at the receiver before it fetches more. */
export const deliveriesMax = 10_000;

export function written(delivery: Delivery): WrittenDelivery {
  if (delivery.kind !== 'entry' || delivery.trace === undefined) {
    return { text: JSON.stringify(delivery), trace: undefined };
  }
  const { trace, ...copy } = delivery;
  return { text: JSON.stringify(copy), trace };
}

/** Packs deliveries into records of bounded size. A send is one record, or several where traces change. */
export function* sendsOf(deliveries: readonly WrittenDelivery[]): Generator<MailboxRecord[]> {
  let send: WrittenDelivery[] = [];
  let bytes = 0;
  for (const delivery of deliveries) {
    const size = Buffer.byteLength(delivery.text);
    if (send.length > 0 && (bytes + size > sendBytes || send.length >= deliveriesMax)) {
      yield recordsOf(send);
      send = [];
      bytes = 0;
    }
    send.push(delivery);
    bytes += size;
  }
  yield recordsOf(send);
}

function recordsOf(send: readonly WrittenDelivery[]): MailboxRecord[] {
  const records: { texts: string[]; trace: TraceParent | undefined }[] = [];
  for (const { text, trace } of send) {
    const last = records.at(-1);
    if (last && last.trace === trace) last.texts.push(text);
    else records.push({ texts: [text], trace });
  }
  return records.map(({ texts, trace }) => ({ value: `[${texts.join(',')}]`, trace }));
}

/**
 * The deliveries of a record; null when it is no list of deliveries. Their fields are not validated, because only the
 * cluster's distributors and edges write to mailboxes.
 */
export function deliveriesOf({ value, headers }: Pick<FetchedRecord, 'value' | 'headers'>): Delivery[] | null {
  const deliveries = listIn(value);
  const trace = headerOf(headers, traceHeader);
  if (trace === undefined || deliveries === null) return deliveries;
  return deliveries.map((delivery) => (delivery.kind === 'entry' ? { ...delivery, trace } : delivery));
}

function listIn(value: Buffer): Delivery[] | null {
  try {
    const list: unknown = JSON.parse(value.toString());
    return Array.isArray(list) && list.every((each) => typeof each?.kind === 'string') ? list : null;
  } catch {
    return null;
  }
}
