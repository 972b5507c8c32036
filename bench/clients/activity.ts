import { clientFrame } from '../net/websocket.ts';
import type { Connections } from './connections.ts';
import { type PlannedConversation, sendersOf, type Tally } from './tally.ts';

/** What people do besides sending, as rates a second of all client processes together. */
export interface ActivityRates {
  typing: number;
  reads: number;
  /** Visitors who disconnect and connect again. */
  reconnects: number;
}

type Kind = keyof ActivityRates;

/** Spreads the actions of one client process evenly over time. */
export class Activity {
  private readonly done: Record<Kind, number> = { typing: 0, reads: 0, reconnects: 0 };

  constructor(
    private readonly rates: ActivityRates,
    private readonly conversations: readonly PlannedConversation[],
    /** People of this process who come and go. */
    private readonly visitors: readonly number[],
    private readonly connections: Connections,
    private readonly tally: Tally,
  ) {}

  /** Does what is due this long after the start. */
  turn(elapsedMs: number): void {
    for (const kind of ['typing', 'reads', 'reconnects'] as const) {
      const due = Math.floor((elapsedMs * this.rates[kind]) / 1_000);
      for (; this.done[kind] < due; this.done[kind]++) this.act(kind, this.done[kind]);
    }
  }

  private act(kind: Kind, count: number): void {
    if (kind === 'reconnects') {
      this.reconnect(this.visitors[count % this.visitors.length]);
      return;
    }
    const planned = this.conversations[(count * 7) % this.conversations.length] as PlannedConversation;
    const senders = sendersOf(planned);
    const person = senders[count % senders.length] as number;
    if (!this.connections.isOpen(person)) return;
    const { id: conversationId } = planned;
    const frame =
      kind === 'typing'
        ? { type: 'typing', conversationId }
        : { type: 'read', conversationId, seq: this.tally.lastSeq(person, conversationId) };
    this.connections.send(person, clientFrame(JSON.stringify(frame)));
  }

  private reconnect(person: number | undefined): void {
    if (person === undefined) return;
    this.tally.forget(person);
    this.connections.close(person);
    this.connections.open(person);
  }
}
