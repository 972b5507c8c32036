import type { AmendmentReceipt, MessageEntry } from '@parley/protocol';
import type { StoredAmendment } from './store/store.ts';

/** An amendment of a message that was made on this device. Its result is shown at once. */
export interface Amending {
  /**
   * Resolves when the amendment is on the server's disk; with null if only the outbox had the message. Rejects with {@link ParleyError} if the server refused it, with
   * {@link Disconnected} if the message was discarded or the session ended.
   */
  done(): Promise<AmendmentReceipt | null>;
}

/** The implementation of {@link Amending}. */
export class OutgoingAmendment implements Amending {
  /** The revision at which the server has it; null until it is acknowledged. */
  acknowledgedAt: number | null = null;
  faults = 0;
  succeed: (receipt: AmendmentReceipt) => void = () => undefined;
  fail: (error: Error) => void = () => undefined;
  private readonly result: Promise<AmendmentReceipt>;

  constructor(readonly stored: StoredAmendment) {
    this.result = new Promise((resolve, reject) => {
      this.succeed = resolve;
      this.fail = reject;
    });
    // Callers need not wait for the result: a refusal is also an event.
    this.result.catch(() => undefined);
  }

  isOf({ conversationId, seq, clientMessageId, senderId }: MessageEntry): boolean {
    const { stored } = this;
    if (stored.conversationId !== conversationId) return false;
    if (stored.seq !== null) return stored.seq === seq;
    return stored.clientMessageId === clientMessageId && stored.userId === senderId;
  }

  done(): Promise<AmendmentReceipt> {
    return this.result;
  }
}
