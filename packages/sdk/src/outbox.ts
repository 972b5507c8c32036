import type { ConversationId, Receipt } from '@parley/protocol';
import { Outgoing, type OutgoingMessage, type OutgoingStatus } from './outgoing-message.ts';
import { Disconnected } from './parley-error.ts';
import type { Runtime } from './runtime.ts';
import type { Store, StoredMessage } from './store/store.ts';
import { TurnQueue } from './turn-queue.ts';

/** Sends a message. Rejects with `ParleyError` or {@link Disconnected}. */
export type Transmit = (message: StoredMessage) => Promise<Receipt>;

/**
 * Messages that the server has not acknowledged. Each is stored before it is sent, and retried under the same client
 * message id over reconnects and restarts until the server responds, so that it exists once (contract 2). At most one
 * message per conversation is being sent, so that they arrive in the order in which they were written.
 */
export class Outbox {
  private readonly messages = new Map<string, Outgoing>();
  /** For each running load, the ids that were acknowledged or discarded since it began. */
  private readonly loads = new Set<Set<string>>();
  private isLive = false;
  private lastOrder = 0;
  private readonly queue: TurnQueue<Outgoing>;

  constructor(
    private readonly store: Store,
    private readonly transmit: Transmit,
    /** `nowMs` is the server's time if known, because clients sort outgoing messages among entries. */
    private readonly runtime: Pick<Runtime, 'nowMs' | 'uuid' | 'after'>,
    private readonly changed: (message: OutgoingMessage) => void,
    private readonly reportFailure: (error: unknown) => void,
  ) {
    this.queue = new TurnQueue({
      ...{ runtime, reportFailure },
      conversationIds: () => this.list().map((message) => message.conversationId),
      next: (conversationId) => this.next(conversationId),
      send: (message) => this.send(message),
    });
  }

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
    if (this.queue.connected) this.resume();
  }

  list(): OutgoingMessage[] {
    return [...this.messages.values()];
  }

  /** The messages of one conversation in order. */
  of(conversationId: ConversationId): OutgoingMessage[] {
    return this.list().filter((message) => message.conversationId === conversationId);
  }

  get(clientMessageId: string): OutgoingMessage | undefined {
    return this.messages.get(clientMessageId);
  }

  /** Adds a message, or returns the one that already has this id. */
  add(
    conversationId: ConversationId,
    text: string,
    clientMessageId = this.runtime.uuid(),
    replyTo?: number,
  ): OutgoingMessage {
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
        ...(replyTo !== undefined && { replyTo }),
        order: this.lastOrder,
        createdAtMs: nowMs,
        failure: null,
      },
      this,
    );
    this.messages.set(message.clientMessageId, message);
    message.isUntried = this.queue.due(conversationId) !== message;
    this.changed(message);
    this.keepAndSend(message);
    return message;
  }

  /** Whether the message was never sent, so that no server knows it. */
  isUntried(message: OutgoingMessage): message is Outgoing {
    return message instanceof Outgoing && message.isUntried && this.messages.get(message.clientMessageId) === message;
  }

  /**
   * Shows another text of a waiting message. Returns whether it will be sent with this text: a server may have the first
   * text of a message that was sent before, and refuses another one under the same id.
   */
  edit(message: OutgoingMessage, text: string): boolean {
    if (!(message instanceof Outgoing)) return false;
    const isUntried = this.isUntried(message);
    message.edit(text, isUntried);
    this.changed(message);
    if (isUntried) void this.keep(message);
    return isUntried;
  }

  /** Reports a waiting message as deleted. */
  hide(message: OutgoingMessage): void {
    if (!(message instanceof Outgoing)) return;
    message.isDeleted = true;
    this.changed(message);
  }

  /** Stores all messages again after the store lost its data. */
  keepAgain(): void {
    for (const message of this.messages.values()) this.keep(message);
  }

  /**
   * Starts sending waiting messages.
   *
   * @param isLive whether the catch-up is complete. Replies, and the messages after them, wait for it: it shows whether
   *   numbers still mean the same entries.
   */
  resume(isLive = this.isLive): void {
    this.isLive = isLive;
    this.queue.resume();
  }

  pause(): void {
    this.queue.pause();
    this.isLive = false;
  }

  /** The entries of a conversation after `keptSeq` were lost: waiting replies to them become messages. */
  restored(conversationId: ConversationId, keptSeq: number): void {
    for (const message of this.messages.values()) {
      if (message.conversationId !== conversationId || (message.replyTo ?? 0) <= keptSeq) continue;
      message.endReply();
      void this.keep(message);
      this.changed(message);
    }
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
    void this.keep(message).then(() => this.queue.send(message.conversationId));
  }

  private keep(message: Outgoing): Promise<void> {
    message.keeping = this.store.putOutbox(message.stored()).catch(this.reportFailure);
    return message.keeping;
  }

  private next(conversationId: ConversationId): Outgoing | undefined {
    const next = [...this.messages.values()]
      .filter((message) => message.conversationId === conversationId && message.status === 'queued')
      .sort((a, b) => a.order - b.order)[0];
    return next?.replyTo !== undefined && !this.isLive ? undefined : next;
  }

  private send(message: Outgoing): Promise<number> {
    this.update(message, 'sending');
    if (message.isUntried) {
      // From now on the text stays as it is, also after a restart.
      message.isUntried = false;
      void this.keep(message);
    }
    return this.transmit(message.stored()).then(
      (receipt) => {
        this.settle(message, receipt);
        return 0;
      },
      (error: unknown) => this.failed(message, error),
    );
  }

  /** Resolves with the delay before the next message of the conversation is sent. */
  private async failed(message: Outgoing, error: unknown): Promise<number> {
    // The message was sent or discarded meanwhile.
    if (!this.messages.has(message.clientMessageId)) return 0;
    const after = this.queue.delayAfter(message, error);
    if (typeof after === 'number') {
      this.update(message, 'queued');
      return after;
    }
    message.failure = { code: after.code, message: after.message };
    this.update(message, 'failed');
    message.fail(after);
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
