import type { ConversationId } from '@parley/protocol';
import { ParleyError } from './parley-error.ts';
import type { Runtime } from './runtime.ts';

/** The number of attempts after internal errors of the server. */
const faultsMax = 2;
const retryMs = 1_000;

/** What {@link TurnQueue} needs. */
export interface TurnQueuePorts<Item> {
  readonly runtime: Pick<Runtime, 'after'>;
  /** The conversations of the waiting requests. */
  conversationIds(): Iterable<ConversationId>;
  /** The next request of the conversation that can be sent. */
  next(conversationId: ConversationId): Item | undefined;
  /** Resolves with the delay before the next request of the conversation is sent. */
  send(item: Item): Promise<number>;
  reportFailure(error: unknown): void;
}

/** Sends waiting requests while the client is connected: those of one conversation one after the other. */
export class TurnQueue<Item extends { faults: number }> {
  private readonly busy = new Set<ConversationId>();
  connected = false;

  constructor(private readonly ports: TurnQueuePorts<Item>) {}

  resume(): void {
    this.connected = true;
    for (const conversationId of new Set(this.ports.conversationIds())) this.send(conversationId);
  }

  pause(): void {
    this.connected = false;
  }

  /** The request that {@link send} would send now. */
  due(conversationId: ConversationId): Item | undefined {
    return this.connected && !this.busy.has(conversationId) ? this.ports.next(conversationId) : undefined;
  }

  /** Sends the next request of the conversation unless one is under way. */
  send(conversationId: ConversationId): void {
    const next = this.due(conversationId);
    if (!next) return;
    this.busy.add(conversationId);
    this.ports
      .send(next)
      .then((delayMs) => {
        const goOn = () => {
          this.busy.delete(conversationId);
          this.send(conversationId);
        };
        if (delayMs > 0) this.ports.runtime.after(delayMs, goOn);
        else goOn();
      })
      .catch(this.ports.reportFailure);
  }

  /** The delay before a request that failed is sent again; the error if the server refused it. */
  delayAfter(item: Item, error: unknown): number | ParleyError {
    // It may have arrived. Its id makes it safe to send it again on the next connection.
    if (!(error instanceof ParleyError)) return this.connected ? retryMs : 0;
    if (error.code === 'internal') item.faults++;
    const isRetried = error.temporary || (error.code === 'internal' && item.faults < faultsMax);
    return isRetried ? (error.retryAfterMs ?? retryMs) : error;
  }
}
