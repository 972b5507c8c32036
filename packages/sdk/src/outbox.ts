import type { ConversationId, Receipt } from '@parley/protocol';
import { Outgoing, type OutgoingMessage, type OutgoingStatus } from './outgoing-message.ts';
import { Disconnected, ParleyError } from './parley-error.ts';
import type { Runtime } from './runtime.ts';
import type { Store, StoredMessage } from './store/store.ts';

/** Sends a message. Rejects with {@link ParleyError} or {@link Disconnected}. */
export type Transmit = (message: StoredMessage) => Promise<Receipt>;

/** The number of attempts after internal errors of the server. */
const faultsMax = 2;

/**
 * Messages that the server has not acknowledged. Each is stored before it is sent, and retried under the same client
 * message id over reconnects and restarts until the server responds, so that it exists once (contract 2). At most one
 * message per conversation is being sent, so that they arrive in the order in which they were written.
 */
export class Outbox {
  private readonly messages = new Map<string, Outgoing>();
  private readonly busy = new Set<ConversationId>();
  /** For each running load, the ids that were acknowledged or discarded since it began. */
  private readonly loads = new Set<Set<string>>();
  private connected = false;
  private lastOrder = 0;

  constructor(
    private readonly store: Store,
    private readonly transmit: Transmit,
    /** `nowMs` is the server's time if known, because clients sort outgoing messages among entries. */
    private readonly runtime: Pick<Runtime, 'nowMs' | 'uuid' | 'after'>,
    private readonly changed: (message: OutgoingMessage) => void,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  /** Loads messages that an earlier run or another client with the same store left. */
  async load(): Promise<void> {
    const gone = new Set<string>();
    this.loads.add(gone);
    const found = await this.store.outbox();
    // The outbox was cleared meanwhile.
    if (!this.loads.delete(gone)) return;
    for (const stored of found) {
      this.lastOrder = Math.max(this.lastOrder, stored.order);
      if (gone.has(stored.clientMessageId) || this.messages.has(stored.clientMessageId)) continue;
      const message = new Outgoing(stored, this);
      this.messages.set(stored.clientMessageId, message);
      this.changed(message);
    }
    if (this.connected) this.resume();
  }

  list(): OutgoingMessage[] {
    return [...this.messages.values()];
  }

  /** The messages of one conversation in order. */
  of(conversationId: ConversationId): OutgoingMessage[] {
    return this.list().filter((message) => message.conversationId === conversationId);
  }

  /** Adds a message, or returns the one that already has this id. */
  add(conversationId: ConversationId, text: string, clientMessageId = this.runtime.uuid()): OutgoingMessage {
    const known = this.messages.get(clientMessageId);
    if (known) return known;
    const nowMs = this.runtime.nowMs();
    // Based on time, because several clients may use the same store.
    this.lastOrder = Math.max(nowMs, this.lastOrder + 1);
    const message = new Outgoing(
      {
        clientMessageId,
        conversationId,
        text,
        order: this.lastOrder,
        createdAtMs: nowMs,
        failure: null,
      },
      this,
    );
    this.messages.set(message.clientMessageId, message);
    this.changed(message);
    this.keepAndSend(message);
    return message;
  }

  /** Stores all messages again after the store lost its data. */
  keepAgain(): void {
    for (const message of this.messages.values()) this.keep(message);
  }

  /** Starts sending waiting messages. */
  resume(): void {
    this.connected = true;
    for (const conversationId of new Set([...this.messages.values()].map((message) => message.conversationId))) {
      this.send(conversationId);
    }
  }

  pause(): void {
    this.connected = false;
  }

  /** The message arrived as an entry, which acknowledges it. */
  arrived(clientMessageId: string, receipt: Receipt): void {
    const message = this.messages.get(clientMessageId);
    if (message) this.settle(message, receipt);
  }

  /** Removes all messages from memory, but not from the store. */
  clear(): void {
    for (const message of this.messages.values()) message.fail(discarded());
    this.messages.clear();
    this.loads.clear();
  }

  retry(message: Outgoing): void {
    if (message.status !== 'failed' || !this.messages.has(message.clientMessageId)) return;
    message.failure = null;
    message.faults = 0;
    this.update(message, 'queued');
    this.keepAndSend(message);
  }

  async discard(message: Outgoing): Promise<void> {
    this.remove(message);
    await this.store.deleteOutbox(message.clientMessageId);
    message.fail(discarded());
    this.changed(message);
  }

  /** Sends the message even if it cannot be stored. */
  private keepAndSend(message: Outgoing): void {
    void this.keep(message).then(() => this.send(message.conversationId));
  }

  private keep(message: Outgoing): Promise<void> {
    message.keeping = this.store.putOutbox(message.stored()).catch(this.reportFailure);
    return message.keeping;
  }

  private send(conversationId: ConversationId): void {
    if (!this.connected || this.busy.has(conversationId)) return;
    const next = [...this.messages.values()]
      .filter((message) => message.conversationId === conversationId && message.status === 'queued')
      .sort((a, b) => a.order - b.order)[0];
    if (!next) return;
    this.busy.add(conversationId);
    this.update(next, 'sending');
    this.transmit(next.stored())
      .then(
        (receipt) => {
          this.settle(next, receipt);
          return 0;
        },
        (error: unknown) => this.failed(next, error),
      )
      .then((pauseMs) => {
        const goOn = () => {
          this.busy.delete(conversationId);
          this.send(conversationId);
        };
        if (pauseMs > 0) this.runtime.after(pauseMs, goOn);
        else goOn();
      })
      .catch(this.reportFailure);
  }

  /** Resolves with the delay before the next message of the conversation is sent. */
  private async failed(message: Outgoing, error: unknown): Promise<number> {
    // The message was sent or discarded meanwhile.
    if (!this.messages.has(message.clientMessageId)) return 0;
    if (!(error instanceof ParleyError)) {
      // The message may have arrived. The id makes it safe to send it again on the next connection.
      this.update(message, 'queued');
      return this.connected ? 1_000 : 0;
    }
    if (error.code === 'internal') message.faults++;
    if (error.temporary || (error.code === 'internal' && message.faults < faultsMax)) {
      this.update(message, 'queued');
      return error.retryAfterMs ?? 1_000;
    }
    message.failure = { code: error.code, message: error.message };
    this.update(message, 'failed');
    message.fail(error);
    await this.store.putOutbox(message.stored());
    return 0;
  }

  private settle(message: Outgoing, receipt: Receipt): void {
    if (message.status === 'sent') return;
    message.receipt = receipt;
    this.remove(message);
    this.update(message, 'sent');
    message.succeed(receipt);
    this.store.deleteOutbox(message.clientMessageId).catch(this.reportFailure);
  }

  private remove({ clientMessageId }: Outgoing): void {
    this.messages.delete(clientMessageId);
    for (const gone of this.loads) gone.add(clientMessageId);
  }

  private update(message: Outgoing, status: OutgoingStatus): void {
    message.status = status;
    this.changed(message);
  }
}

function discarded(): Disconnected {
  return new Disconnected('the message was discarded');
}
