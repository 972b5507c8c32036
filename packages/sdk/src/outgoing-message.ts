import type { ConversationId, Receipt } from '@parley/protocol';
import { ParleyError } from './parley-error.ts';
import type { StoredMessage } from './store/store.ts';

export type OutgoingStatus = 'queued' | 'sending' | 'sent' | 'failed';

/** A message to be sent. Clients show it at once and identify it by its client message id, also after it was sent. */
export interface OutgoingMessage extends Readonly<StoredMessage> {
  readonly status: OutgoingStatus;
  /** The number and time, once the message is on disk. */
  readonly receipt: Receipt | null;
  /** Resolves when the message is stored, or when the store failed. It is sent in both cases. */
  kept(): Promise<void>;
  /**
   * Resolves when the message is sent. Rejects with {@link ParleyError} if it failed, {@link Disconnected} if
   * discarded.
   */
  sent(): Promise<Receipt>;
  /** Sends a failed message again under the same id. */
  retry(): void;
  /** Removes the message from the outbox. A message that reached the server is not withdrawn. */
  discard(): Promise<void>;
}

/** The outbox's implementation of {@link OutgoingMessage}. */
export class Outgoing implements OutgoingMessage {
  declare readonly clientMessageId: string;
  declare readonly conversationId: ConversationId;
  declare readonly text: string;
  declare readonly order: number;
  declare readonly createdAtMs: number;
  declare failure: StoredMessage['failure'];
  status: OutgoingStatus;
  receipt: Receipt | null = null;
  faults = 0;
  keeping: Promise<void> = Promise.resolve();
  private waiting: { resolve(receipt: Receipt): void; reject(error: Error): void }[] = [];

  constructor(
    /** May contain fields of a later version of the client. */
    private readonly from: StoredMessage,
    private readonly outbox: { retry(message: Outgoing): void; discard(message: Outgoing): Promise<void> },
  ) {
    const { clientMessageId, conversationId, text, order, createdAtMs, failure } = from;
    Object.assign(this, { clientMessageId, conversationId, text, order, createdAtMs, failure });
    this.status = failure ? 'failed' : 'queued';
  }

  stored(): StoredMessage {
    return { ...this.from, failure: this.failure };
  }

  kept(): Promise<void> {
    return this.keeping;
  }

  sent(): Promise<Receipt> {
    if (this.receipt) return Promise.resolve(this.receipt);
    if (this.failure) return Promise.reject(new ParleyError(this.failure.code, this.failure.message));
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
