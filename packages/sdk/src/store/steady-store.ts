import type { ConversationId, Entry, UserId } from '@parley/protocol';
import type { Runtime } from '../runtime.ts';
import { MemoryStore } from './memory-store.ts';
import type { Store, StoredConversation, StoredMessage, StoredSession, StoreNotice } from './store.ts';

/** The store accepts no writes at present: it is full, switched off, or its database is gone. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}

/** A store that takes longer counts as failed. A read may have to wait for a disk to spin up. */
const writeLimitMs = 5_000;
const readLimitMs = 20_000;
/** After a failure it is tried again after this, then after twice that, and so on. */
const retryFirstMs = 1_000;
const retryMaxMs = 120_000;

const deviceSecretsKey = 'device secrets';

type Write = () => Promise<void>;

/**
 * The store as the client uses it. It handles all failures of the store: none of its methods rejects. A failed write
 * is kept in memory, the last one of each key, and repeated in order when the store works again. The client, sending
 * above all, goes on meanwhile.
 */
export class SteadyStore implements Store {
  private isAvailable = true;
  /** Another page keeps the store from being opened, which takes as long as that page is open. */
  private isBlocked = false;
  private retryMs = retryFirstMs;
  private recoveries = 0;
  /** Writes under way, and writes to repeat when the store works again, by key. */
  private readonly current = new Map<string, Write>();
  private readonly unwritten = new Map<string, Write>();
  private entriesMeanwhile = new MemoryStore();

  /** @param told called with the reason when the store begins to fail, and with null when it works again. */
  constructor(
    private readonly store: Store,
    private readonly runtime: Pick<Runtime, 'after'>,
    private readonly told: (failure: StoreUnavailable | null) => void,
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

  /** As any version of the client stored them. */
  async entries(conversationId: ConversationId, page: { before?: number; limit: number }): Promise<Entry[]> {
    if (!this.isAvailable) return this.entriesMeanwhile.entries(conversationId, page);
    return this.read(() => this.store.entries(conversationId, page), []);
  }

  /** Without messages that have a write under way or unwritten: the client has them, or is done with them. */
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

  /** @param unlessOf nothing is cleared that is this person's: a store that can't be read now may turn out to be. */
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
      // Of a store that works again since, it says nothing.
      if (recoveries === this.recoveries) this.failed(error);
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
      // Unless it was written again, or cleared, since.
      if (this.current.get(key) === write) this.remember(key, write);
      this.failed(error);
    }
    if (this.current.get(key) === write) this.current.delete(key);
  }

  /** Appends it: a write may rely on an earlier one. */
  private remember(key: string, write: Write): void {
    this.unwritten.delete(key);
    this.unwritten.set(key, write);
  }

  private failed(cause: unknown): void {
    if (!this.isAvailable) return;
    this.isAvailable = false;
    this.retryLater();
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.told(new StoreUnavailable(`nothing can be stored: ${reason}`, { cause }));
  }

  private retryLater(): void {
    this.runtime.after(this.retryMs, () => void this.retry());
    this.retryMs = Math.min(2 * this.retryMs, retryMaxMs);
  }

  private async retry(): Promise<void> {
    try {
      // Tests the store also when there is nothing to write.
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
    this.told(null);
  }

  private inTime<Value>(answer: Promise<Value>, limitMs: number): Promise<Value> {
    return new Promise((resolve, reject) => {
      let cancel: () => void = () => undefined;
      const wait = () => {
        cancel = this.runtime.after(limitMs, () => {
          if (this.isBlocked) wait();
          else reject(new StoreUnavailable(`no answer within ${limitMs} ms`));
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
