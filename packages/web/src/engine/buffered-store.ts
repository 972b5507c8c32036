import type { ConversationId, Entry } from '@parley/protocol';
import type {
  Store,
  StoredAmendment,
  StoredConversation,
  StoredMessage,
  StoredSession,
  StoreNotice,
} from '@parley/sdk';

/** Changes of conversations and entries are written at most this often. */
const writeIntervalMs = 200;

interface Waiting {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Collects changes of conversations and entries and writes each kind in one transaction, because a channel with
 * hundreds of messages a second would keep the disk busy with a transaction for each. Does not delay other writes.
 */
export class BufferedStore implements Store {
  private readonly conversationsToWrite = new Map<ConversationId, StoredConversation>();
  private readonly entriesToWrite = new Map<ConversationId, Entry[]>();
  /** The conversations of each flush that is still writing its entries. */
  private readonly conversationsToFollow = new Set<Map<ConversationId, StoredConversation>>();
  private waiting: Waiting[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly store: Store) {}

  onNotice(run: (notice: StoreNotice) => void): void {
    this.store.onNotice?.(run);
  }

  session(): Promise<StoredSession | null> {
    return this.store.session();
  }

  setSession(session: StoredSession | null): Promise<void> {
    return this.store.setSession(session);
  }

  async conversations(): Promise<StoredConversation[]> {
    await this.flush();
    return this.store.conversations();
  }

  putConversation(conversation: StoredConversation): Promise<void> {
    this.conversationsToWrite.set(conversation.conversation.id, conversation);
    return this.written();
  }

  async deleteConversation(conversationId: ConversationId): Promise<void> {
    this.conversationsToWrite.delete(conversationId);
    for (const conversations of this.conversationsToFollow) conversations.delete(conversationId);
    this.entriesToWrite.delete(conversationId);
    await this.store.deleteConversation(conversationId);
  }

  putEntries(conversationId: ConversationId, entries: readonly Entry[]): Promise<void> {
    const waiting = this.entriesToWrite.get(conversationId);
    if (waiting) waiting.push(...entries);
    else this.entriesToWrite.set(conversationId, [...entries]);
    return this.written();
  }

  /** Not delayed: a deleted text must not stay on the disk. */
  reviseEntries(
    conversationId: ConversationId,
    seqs: readonly number[],
    revise: (entry: Entry) => Entry,
  ): Promise<void> {
    const waiting = this.entriesToWrite.get(conversationId);
    const revised = new Set(seqs);
    if (waiting) {
      this.entriesToWrite.set(
        conversationId,
        waiting.map((entry) => (revised.has(entry.seq) ? revise(entry) : entry)),
      );
    }
    return this.store.reviseEntries(conversationId, seqs, revise);
  }

  amendments(): Promise<StoredAmendment[]> {
    return this.store.amendments();
  }

  putAmendment(amendment: StoredAmendment): Promise<void> {
    return this.store.putAmendment(amendment);
  }

  deleteAmendment(amendmentId: string): Promise<void> {
    return this.store.deleteAmendment(amendmentId);
  }

  async entries(conversationId: ConversationId, page: { before?: number; limit: number }): Promise<Entry[]> {
    if (this.entriesToWrite.has(conversationId)) await this.flush();
    return this.store.entries(conversationId, page);
  }

  outbox(): Promise<StoredMessage[]> {
    return this.store.outbox();
  }

  putOutbox(message: StoredMessage): Promise<void> {
    return this.store.putOutbox(message);
  }

  deleteOutbox(clientMessageId: string): Promise<void> {
    return this.store.deleteOutbox(clientMessageId);
  }

  deviceSecrets(): Promise<readonly string[]> {
    return this.store.deviceSecrets();
  }

  setDeviceSecrets(secrets: readonly string[]): Promise<void> {
    return this.store.setDeviceSecrets(secrets);
  }

  async clear(): Promise<void> {
    this.conversationsToWrite.clear();
    for (const conversations of this.conversationsToFollow) conversations.clear();
    this.entriesToWrite.clear();
    await this.store.clear();
  }

  private written(): Promise<void> {
    this.timer ??= setTimeout(() => void this.flush(), writeIntervalMs);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  private async flush(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const { waiting } = this;
    const entries = [...this.entriesToWrite];
    const conversations = new Map(this.conversationsToWrite);
    this.waiting = [];
    this.entriesToWrite.clear();
    this.conversationsToWrite.clear();
    this.conversationsToFollow.add(conversations);
    try {
      // Entries first: after a crash, the conversation's position must not claim entries that are not stored.
      await Promise.all(entries.map(([conversationId, list]) => this.store.putEntries(conversationId, list)));
      await Promise.all([...conversations.values()].map((conversation) => this.store.putConversation(conversation)));
      for (const { resolve } of waiting) resolve();
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    } finally {
      this.conversationsToFollow.delete(conversations);
    }
  }
}
