import type { Entry } from '@parley/protocol';
import type { Delivery } from '../connections/mailbox-port.ts';
import type { Outcome } from '../conversations/command.ts';
import type { Hop, HopFacts, Tracing } from '../platform/tracing.ts';
import type { CommandRecord } from './command-log-port.ts';
import type { BatchResult } from './decide-batch.ts';

/** A traced command, by its index in the batch, and its current hop. */
interface Followed {
  index: number;
  hop: Hop;
}

/**
 * The hops of a batch. Each traced command has the hops `decide` and `deliver` in its own trace. The batch itself is a
 * hop in a trace of its own, linked with these.
 */
export class BatchTrace {
  private readonly whole: Hop;
  private followed: Followed[] = [];
  private readonly hopOf = new Map<Entry, Hop>();

  constructor(
    private readonly tracing: Tracing,
    batch: readonly CommandRecord[],
  ) {
    const traces = batch.flatMap(({ trace }) => trace ?? []);
    this.whole = tracing.shared('distribute', traces);
    if (traces.length === 0) return;
    const links = this.whole.traceParent === undefined ? [] : [this.whole.traceParent];
    for (const [index, { trace }] of batch.entries()) {
      if (trace !== undefined) this.followed.push({ index, hop: tracing.next('decide', trace, links) });
    }
  }

  /** The batch is decided and on disk; its delivery begins. */
  decided({ outcomes }: BatchResult): void {
    this.followed = this.followed.map(({ index, hop }) => {
      const outcome = outcomes[index];
      hop.end(outcome && factsOf(outcome));
      const delivery = this.tracing.next('deliver', hop.traceParent);
      if (outcome?.kind === 'done') this.hopOf.set(outcome.entry, delivery);
      return { index, hop: delivery };
    });
  }

  /** Adds the trace to each copy of the entry of a traced command. */
  mark(deliveries: Iterable<readonly Delivery[]>): void {
    if (this.hopOf.size === 0) return;
    for (const delivery of [...deliveries].flat()) {
      if (delivery.kind !== 'entry') continue;
      const trace = this.hopOf.get(delivery.entry)?.traceParent;
      if (trace !== undefined) delivery.trace = trace;
    }
  }

  /** All deliveries are in the mailboxes. */
  end(): void {
    for (const { hop } of this.followed) hop.end();
    this.whole.end({ commands_followed: this.followed.length });
  }

  fail(error: unknown): void {
    for (const { hop } of this.followed) hop.fail(error);
    this.whole.fail(error);
  }
}

function factsOf(outcome: Outcome): HopFacts {
  switch (outcome.kind) {
    case 'done':
      return { outcome: 'done', conversation_id: outcome.entry.conversationId, seq: outcome.entry.seq };
    case 'amended':
      return { outcome: 'amended', seq: outcome.seq, revision: outcome.revision };
    case 'unchanged':
      return { outcome: 'unchanged' };
    case 'refused':
      return { outcome: 'refused', code: outcome.code };
  }
}
