import type { ConversationId, Entry, UserId } from '@parley/protocol';
import type { Runtime } from '../runtime.ts';
import { MemoryStore } from './memory-store.ts';
import type { Store, StoredAmendment, StoredConversation, StoredMessage, StoredSession, StoreNotice } from './store.ts';

/** The store does not accept writes: it is full, disabled, or its database is gone. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}

/** Timeouts after which the store counts as failed. A read may have to wait for a disk to spin up. */
const writeLimitMs = 5_000;
const readLimitMs = 20_000;
/** The first delay before a retry; it doubles with each further failure. */
const retryFirstMs = 1_000;
const retryMaxMs = 120_000;

const deviceSecretsKey = 'device secrets';

type Write = () => Promise<void>;

/**
 * Wraps the store and handles all of its failures: no method rejects. The last failed write of each key is kept in
 * memory and repeated in order when the store works again. Meanwhile the client continues to work.
 */
export class SteadyStore implements Store {
  private isAvailable = true;
  /** Another page keeps the store from being opened, until that page is closed. */
  private isBlocked = false;
  private retryMs = retryFirstMs;
  private recoveries = 0;
  private revisions = 0;
  /** The number of reads that failed and were answered as if the store had nothing. */
  failedReads = 0;
  /** Running writes, and writes to repeat when the store works again, by key. */
  private readonly current = new Map<string, Write>();
  private readonly unwritten = new Map<string, Write>();
  private entriesMeanwhile = new MemoryStore();

  /** @param changed called with the cause when the store starts to fail, and with null when it works again. */
  constructor(
    private readonly store: Store,
    private readonly runtime: Pick<Runtime, 'after'>,
    private readonly changed: (failure: StoreUnavailable | null) => void,
  ) {}

  onNotice(run: (notice: StoreNotice) => void): void {
    this.store.onNotice?.((notice) => {
      this.isBlocked = notice === 'blocked';
      run(notice);
    });
  }

  session(): Promise<StoredSession | null> {
    return this.read(() => this.store.session(), null);
  }

  setSession(session: StoredSession | null): Promise<void> {
    return this.write('session', () => this.store.setSession(session));
  }

  conversations(): Promise<StoredConversation[]> {
    return this.read(() => this.store.conversations(), []);
  }

  putConversation(conversation: StoredConversation): Promise<void> {
    return this.write(`conversation ${conversation.conversation.id}`, () => this.store.putConversation(conversation));
  }

  deleteConversation(conversationId: ConversationId): Promise<void> {
    return this.write(`conversation ${conversationId}`, () => this.store.deleteConversation(conversationId));
  }

  /** The server has entries too: those that cannot be stored are kept in memory. */
  async putEntries(conversationId: ConversationId, entries: readonly Entry[]): Promise<void> {
    if (this.isAvailable) {
      try {
        await this.inTime(this.store.putEntries(conversationId, entries), writeLimitMs);
        return;
      } catch (error) {
        this.failed(error);
      }
    }
    await this.entriesMeanwhile.putEntries(conversationId, entries);
  }

  reviseEntries(
    conversationId: ConversationId,
    seqs: readonly number[],
    revise: (entry: Entry) => Entry,
  ): Promise<void> {
    const change = (store: Store) => store.reviseEntries(conversationId, seqs, revise);
    void change(this.entriesMeanwhile);
    // Repeated when the store works again, because a deleted text must not stay in it.
    return this.write(`entries ${conversationId} ${++this.revisions}`, () => change(this.store));
  }

  amendments(): Promise<StoredAmendment[]> {
    return this.read(() => this.store.amendments(), []);
  }

  putAmendment(amendment: StoredAmendment): Promise<void> {
    return this.write(`amendment ${amendment.amendmentId}`, () => this.store.putAmendment(amendment));
  }

  deleteAmendment(amendmentId: string): Promise<void> {
    return this.write(`amendment ${amendmentId}`, () => this.store.deleteAmendment(amendmentId));
  }

  /** Unparsed: any version of the client may have stored them. */
  async entries(conversationId: ConversationId, page: { before?: number; limit: number }): Promise<Entry[]> {
    if (!this.isAvailable) return this.entriesMeanwhile.entries(conversationId, page);
    return this.read(() => this.store.entries(conversationId, page), []);
  }

  /** Without messages that have a running or failed write: the client has the current state of these. */
  async outbox(): Promise<StoredMessage[]> {
    const pending = new Map([...this.current, ...this.unwritten]);
    const stored = await this.read(() => this.store.outbox(), []);
    if (pending.has('everything')) return [];
    return stored.filter(({ clientMessageId }) => !pending.has(`outbox ${clientMessageId}`));
  }

  putOutbox(message: StoredMessage): Promise<void> {
    return this.write(`outbox ${message.clientMessageId}`, () => this.store.putOutbox(message));
  }

  deleteOutbox(clientMessageId: string): Promise<void> {
    return this.write(`outbox ${clientMessageId}`, () => this.store.deleteOutbox(clientMessageId));
  }

  deviceSecrets(): Promise<readonly string[]> {
    return this.read(() => this.store.deviceSecrets(), []);
  }

  setDeviceSecrets(secrets: readonly string[]): Promise<void> {
    return this.write(deviceSecretsKey, () => this.store.setDeviceSecrets(secrets));
  }

  /** @param unlessOf data of this account is not cleared: a store that cannot be read now may contain it. */
  clear(unlessOf?: UserId): Promise<void> {
    for (const writes of [this.current, this.unwritten]) {
      for (const key of writes.keys()) if (key !== deviceSecretsKey) writes.delete(key);
    }
    this.entriesMeanwhile = new MemoryStore();
    return this.write('everything', async () => {
      if (unlessOf === undefined || (await this.store.session())?.account.id !== unlessOf) await this.store.clear();
    });
  }

  private async read<Value>(ask: () => Promise<Value>, otherwise: Value): Promise<Value> {
    const { recoveries } = this;
    try {
      return await this.inTime(ask(), readLimitMs);
    } catch (error) {
      // A failure from before the store worked again is ignored.
      if (recoveries === this.recoveries) this.failed(error);
      this.failedReads++;
      return otherwise;
    }
  }

  private async write(key: string, write: Write): Promise<void> {
    if (!this.isAvailable) {
      this.remember(key, write);
      return;
    }
    this.current.set(key, write);
    try {
      await this.inTime(write(), writeLimitMs);
    } catch (error) {
      // Unless the key was written again or cleared meanwhile.
      if (this.current.get(key) === write) this.remember(key, write);
      this.failed(error);
    }
    if (this.current.get(key) === write) this.current.delete(key);
  }

  /** Appends the write, because writes may depend on earlier ones. Replaces a running write, should it fail. */
  private remember(key: string, write: Write): void {
    this.current.delete(key);
    this.unwritten.delete(key);
    this.unwritten.set(key, write);
  }

  private failed(cause: unknown): void {
    if (!this.isAvailable) return;
    this.isAvailable = false;
    this.retryLater();
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.changed(new StoreUnavailable(`the store does not accept writes: ${reason}`, { cause }));
  }

  private retryLater(): void {
    this.runtime.after(this.retryMs, () => void this.retry());
    this.retryMs = Math.min(2 * this.retryMs, retryMaxMs);
  }

  private async retry(): Promise<void> {
    try {
      // Tests the store even if there is nothing to write.
      await this.inTime(this.store.session(), readLimitMs);
      for (const [key, write] of this.unwritten) {
        await this.inTime(write(), writeLimitMs);
        if (this.unwritten.get(key) === write) this.unwritten.delete(key);
      }
    } catch {
      this.retryLater();
      return;
    }
    this.isAvailable = true;
    this.recoveries++;
    this.entriesMeanwhile = new MemoryStore();
    this.changed(null);
  }

  private inTime<Value>(answer: Promise<Value>, limitMs: number): Promise<Value> {
    return new Promise((resolve, reject) => {
      let cancel: () => void = () => undefined;
      const wait = () => {
        cancel = this.runtime.after(limitMs, () => {
          if (this.isBlocked) wait();
          else reject(new StoreUnavailable(`no response within ${limitMs} ms`));
        });
      };
      wait();
      answer.then(
        (value) => {
          cancel();
          resolve(value);
        },
        (error: unknown) => {
          cancel();
          reject(error);
        },
      );
    });
  }
}
