import type { ConversationId, Receipt } from '@parley/protocol';
import { Disconnected, ParleyError } from './parley-error.ts';
import type { Runtime } from './runtime.ts';
import type { Store, StoredMessage } from './store/store.ts';

export type OutgoingStatus = 'queued' | 'sending' | 'sent' | 'failed';

/** A message on its way out. Shown at once (optimistic); its key stays the client message id when the number comes. */
export interface OutgoingMessage extends Readonly<StoredMessage> {
  readonly status: OutgoingStatus;
  /** Its number and time once it is on disk. */
  readonly receipt: Receipt | null;
  /** Resolves when it is sent; rejects with {@link ParleyError} when it failed or was discarded. */
  sent(): Promise<Receipt>;
  /** Tries a failed message again, under the same id. */
  retry(): void;
  /** Takes it out of the outbox: a message that may have reached the server can't be called back by this. */
  discard(): Promise<void>;
}

/** Sends one message. Rejects with {@link ParleyError} or {@link Disconnected}. */
export type Transmit = (message: StoredMessage) => Promise<Receipt>;

/** The server's own fault is tried again once, then left to the person. */
const internalTriesMax = 2;

/**
 * Messages that the server has not acknowledged. Each is kept in the store before it is sent, and sent under the same
 * client message id until there is an answer, over reconnects and restarts, so that it is there once (contract 2).
 * One of each conversation is under way at a time: they arrive in the order in which they were written.
 */
export class Outbox {
  private readonly messages = new Map<string, Outgoing>();
  private readonly busy = new Set<ConversationId>();
  private connected = false;
  private lastOrder = 0;

  constructor(
    private readonly store: Store,
    private readonly transmit: Transmit,
    private readonly runtime: Runtime,
    private readonly changed: (message: OutgoingMessage) => void,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  /** Takes up what an earlier run left. */
  async load(): Promise<void> {
    for (const stored of await this.store.outbox()) {
      this.lastOrder = Math.max(this.lastOrder, stored.order);
      this.messages.set(stored.clientMessageId, new Outgoing(stored, this));
    }
  }

  /** Those of one conversation, in their order. */
  of(conversationId: ConversationId): OutgoingMessage[] {
    return [...this.messages.values()].filter((message) => message.conversationId === conversationId);
  }

  add(conversationId: ConversationId, text: string): OutgoingMessage {
    const nowMs = this.runtime.nowMs();
    // Two clients on one store may count alike: the time comes first.
    this.lastOrder = Math.max(nowMs, this.lastOrder + 1);
    const message = new Outgoing(
      {
        clientMessageId: this.runtime.uuid(),
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
    this.store.putOutbox(message.stored()).then(() => this.send(conversationId), this.reportFailure);
    return message;
  }

  /** Everything that waits is sent from now on. */
  resume(): void {
    this.connected = true;
    for (const conversationId of new Set([...this.messages.values()].map((message) => message.conversationId))) {
      this.send(conversationId);
    }
  }

  pause(): void {
    this.connected = false;
  }

  /** The message came as an entry: it is there, whether the ack came or not. */
  arrived(clientMessageId: string, receipt: Receipt): void {
    const message = this.messages.get(clientMessageId);
    if (message) this.settle(message, receipt);
  }

  retry(message: Outgoing): void {
    if (message.status !== 'failed') return;
    message.failure = null;
    message.tries = 0;
    this.update(message, 'queued');
    this.store.putOutbox(message.stored()).then(() => this.send(message.conversationId), this.reportFailure);
  }

  async discard(message: Outgoing): Promise<void> {
    this.messages.delete(message.clientMessageId);
    await this.store.deleteOutbox(message.clientMessageId);
    message.fail(new Disconnected('the message was discarded'));
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

  /** How long to wait before the next of this conversation. */
  private async failed(message: Outgoing, error: unknown): Promise<number> {
    if (message.status === 'sent') return 0;
    message.tries++;
    if (!(error instanceof ParleyError)) {
      // Nobody knows whether it arrived: the same id makes trying again safe. The next connection does.
      this.update(message, 'queued');
      return this.connected ? 1_000 : 0;
    }
    if (error.temporary || (error.code === 'internal' && message.tries < internalTriesMax)) {
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
    this.messages.delete(message.clientMessageId);
    this.update(message, 'sent');
    message.succeed(receipt);
    this.store.deleteOutbox(message.clientMessageId).catch(this.reportFailure);
  }

  private update(message: Outgoing, status: OutgoingStatus): void {
    message.status = status;
    this.changed(message);
  }
}

class Outgoing implements OutgoingMessage {
  readonly clientMessageId: string;
  readonly conversationId: ConversationId;
  readonly text: string;
  readonly order: number;
  readonly createdAtMs: number;
  failure: StoredMessage['failure'];
  status: OutgoingStatus;
  receipt: Receipt | null = null;
  tries = 0;
  private waiting: { resolve(receipt: Receipt): void; reject(error: Error): void }[] = [];

  constructor(
    stored: StoredMessage,
    private readonly outbox: Outbox,
  ) {
    ({
      clientMessageId: this.clientMessageId,
      conversationId: this.conversationId,
      text: this.text,
      order: this.order,
      createdAtMs: this.createdAtMs,
      failure: this.failure,
    } = stored);
    this.status = stored.failure ? 'failed' : 'queued';
  }

  stored(): StoredMessage {
    const { clientMessageId, conversationId, text, order, createdAtMs, failure } = this;
    return { clientMessageId, conversationId, text, order, createdAtMs, failure };
  }

  sent(): Promise<Receipt> {
    if (this.receipt) return Promise.resolve(this.receipt);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  succeed(receipt: Receipt): void {
    for (const { resolve } of this.waiting) resolve(receipt);
    this.waiting = [];
  }

  fail(error: Error): void {
    for (const { reject } of this.waiting) reject(error);
    this.waiting = [];
  }

  retry(): void {
    this.outbox.retry(this);
  }

  discard(): Promise<void> {
    return this.outbox.discard(this);
  }
}
