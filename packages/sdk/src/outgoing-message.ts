import type { ConversationId, Receipt } from '@parley/protocol';
import { ParleyError } from './parley-error.ts';
import type { StoredMessage } from './store/store.ts';

export type OutgoingStatus = 'queued' | 'sending' | 'sent' | 'failed';

/** A message to be sent. Clients show it at once and identify it by its client message id, also after it was sent. */
export interface OutgoingMessage extends Readonly<Omit<StoredMessage, 'untried'>> {
  readonly status: OutgoingStatus;
  /** The number and time, once the message is on disk. */
  readonly receipt: Receipt | null;
  /** The user has deleted it. Since it may have reached the server, it is sent first. */
  readonly isDeleted: boolean;
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
  declare text: string;
  declare replyTo?: number;
  declare readonly order: number;
  declare readonly createdAtMs: number;
  declare failure: StoredMessage['failure'];
  status: OutgoingStatus;
  receipt: Receipt | null = null;
  /** Never sent. */
  isUntried: boolean;
  isDeleted = false;
  faults = 0;
  keeping: Promise<void> = Promise.resolve();
  private waiting: { resolve(receipt: Receipt): void; reject(error: Error): void }[] = [];

  constructor(
    /** May contain fields of a later version of the client. */
    private from: StoredMessage,
    private readonly outbox: { retry(message: Outgoing): void; discard(message: Outgoing): Promise<void> },
  ) {
    const { clientMessageId, conversationId, text, replyTo, order, createdAtMs, failure, untried } = from;
    Object.assign(this, { clientMessageId, conversationId, text, order, createdAtMs, failure });
    if (replyTo !== undefined) Object.assign(this, { replyTo });
    this.isUntried = untried === true;
    this.status = failure ? 'failed' : 'queued';
  }

  stored(): StoredMessage {
    const { untried, ...from } = this.from;
    return { ...from, ...(this.isUntried && { untried: true }), failure: this.failure };
  }

  /** @param isSent whether the message is sent with the new text; if not, that is only shown. */
  edit(text: string, isSent: boolean): void {
    this.text = text;
    if (isSent) this.from = { ...this.from, text };
  }

  /** The message that it replies to was lost. */
  endReply(): void {
    const { replyTo, ...from } = this.from;
    this.from = from;
    delete this.replyTo;
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
