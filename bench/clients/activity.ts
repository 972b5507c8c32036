import { clientFrame } from '../net/websocket.ts';
import type { Connections } from './connections.ts';
import { type PlannedConversation, sendersOf, type Tally } from './tally.ts';

type Kind = 'typing' | 'reads' | 'reconnects';

/** The actions of people besides sending. */
export interface ActivityPlan {
  /** Actions a second of all client processes together. */
  rates: Record<Kind, number>;
  /** People who disconnect and connect again. */
  visitors: number[];
  /** People who watch whether these users are online, and who types in their first conversation. */
  watching: number[];
  watched: string[];
}

/** Spreads the actions of one client process evenly over time. */
export class Activity {
  private readonly done: Record<Kind, number> = { typing: 0, reads: 0, reconnects: 0 };

  constructor(
    private readonly plan: ActivityPlan,
    private readonly conversations: readonly PlannedConversation[],
    private readonly connections: Connections,
    private readonly tally: Tally,
  ) {
    for (const person of plan.watching) {
      const typingIn = conversations.filter(({ members }) => members.includes(person)).map(({ id }) => id);
      this.send(person, { type: 'watch', id: 'watch', userIds: plan.watched, typingIn: typingIn.slice(0, 1) });
    }
  }

  /** Performs the actions that are due this long after the start. */
  turn(elapsedMs: number): void {
    for (const kind of ['typing', 'reads', 'reconnects'] as const) {
      const due = Math.floor((elapsedMs * this.plan.rates[kind]) / 1_000);
      for (; this.done[kind] < due; this.done[kind]++) this.act(kind, this.done[kind]);
    }
  }

  private act(kind: Kind, count: number): void {
    if (kind === 'reconnects') {
      const { visitors } = this.plan;
      this.reconnect(visitors[count % visitors.length]);
      return;
    }
    const planned = this.conversations[(count * 7) % this.conversations.length] as PlannedConversation;
    const senders = sendersOf(planned);
    const person = senders[count % senders.length] as number;
    const { id: conversationId } = planned;
    if (!this.connections.isOpen(person)) return;
    if (kind === 'typing') this.send(person, { type: 'typing', conversationId });
    else this.send(person, { type: 'read', conversationId, seq: this.tally.lastSeq(person, conversationId) });
  }

  private reconnect(person: number | undefined): void {
    if (person === undefined) return;
    this.tally.forget(person);
    this.connections.close(person);
    this.connections.open(person);
  }

  private send(person: number, frame: object): void {
    this.connections.send(person, clientFrame(JSON.stringify(frame)));
  }
}
