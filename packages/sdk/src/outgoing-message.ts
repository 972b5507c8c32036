import type { ConversationId, Receipt } from '@parley/protocol';
import { ParleyError } from './parley-error.ts';
import type { StoredMessage } from './store/store.ts';

export type OutgoingStatus = 'queued' | 'sending' | 'sent' | 'failed';

/** A message on its way out. Shown at once (optimistic); its key stays the client message id when the number comes. */
export interface OutgoingMessage extends Readonly<StoredMessage> {
  readonly status: OutgoingStatus;
  /** Its number and time once it is on disk. */
  readonly receipt: Receipt | null;
  /** Resolves when it is in the store, or when the store failed to take it. It is sent either way. */
  kept(): Promise<void>;
  /** Resolves when it is sent; rejects with {@link ParleyError} when it failed, {@link Disconnected} when discarded. */
  sent(): Promise<Receipt>;
  /** Tries a failed message again, under the same id. */
  retry(): void;
  /** Takes it out of the outbox: a message that may have reached the server can't be called back by this. */
  discard(): Promise<void>;
}

/** A message as the outbox keeps it. */
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
    /** With what a later version of the client stored of it. */
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
