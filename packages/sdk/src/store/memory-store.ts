import type { ConversationId, Entry } from '@parley/protocol';
import { later } from './entry-versions.ts';
import type { Store, StoredAmendment, StoredConversation, StoredMessage, StoredSession } from './store.ts';

/** The number of entries kept per conversation. */
const entriesMax = 1_000;

/** Keeps all data in memory until the process ends. */
export class MemoryStore implements Store {
  private current: StoredSession | null = null;
  private secrets: readonly string[] = [];
  private readonly kept = new Map<ConversationId, StoredConversation>();
  private readonly logs = new Map<ConversationId, Map<number, Entry>>();
  private readonly outgoing = new Map<string, StoredMessage>();
  private readonly amending = new Map<string, StoredAmendment>();

  async session(): Promise<StoredSession | null> {
    return this.current;
  }

  async setSession(session: StoredSession | null): Promise<void> {
    this.current = session;
  }

  async conversations(): Promise<StoredConversation[]> {
    return [...this.kept.values()];
  }

  async putConversation(conversation: StoredConversation): Promise<void> {
    this.kept.set(conversation.conversation.id, conversation);
  }

  async deleteConversation(conversationId: ConversationId): Promise<void> {
    this.kept.delete(conversationId);
    this.logs.delete(conversationId);
  }

  async putEntries(conversationId: ConversationId, entries: readonly Entry[]): Promise<void> {
    const log = this.logs.get(conversationId) ?? new Map<number, Entry>();
    this.logs.set(conversationId, log);
    for (const entry of entries) log.set(entry.seq, later(entry, log.get(entry.seq)));
    if (log.size <= entriesMax) return;
    const oldestFirst = [...log.keys()].sort((a, b) => a - b);
    for (const seq of oldestFirst.slice(0, log.size - entriesMax)) log.delete(seq);
  }

  async entries(conversationId: ConversationId, page: { before?: number; limit: number }): Promise<Entry[]> {
    const before = page.before ?? Number.POSITIVE_INFINITY;
    return [...(this.logs.get(conversationId)?.values() ?? [])]
      .filter((entry) => entry.seq < before)
      .sort((a, b) => a.seq - b.seq)
      .slice(-page.limit);
  }

  async reviseEntries(
    conversationId: ConversationId,
    seqs: readonly number[],
    revise: (entry: Entry) => Entry,
  ): Promise<void> {
    const log = this.logs.get(conversationId);
    for (const seq of seqs) {
      const entry = log?.get(seq);
      if (entry) log?.set(seq, revise(entry));
    }
  }

  async amendments(): Promise<StoredAmendment[]> {
    return [...this.amending.values()].sort((a, b) => a.order - b.order);
  }

  async putAmendment(amendment: StoredAmendment): Promise<void> {
    this.amending.set(amendment.amendmentId, amendment);
  }

  async deleteAmendment(amendmentId: string): Promise<void> {
    this.amending.delete(amendmentId);
  }

  async outbox(): Promise<StoredMessage[]> {
    return [...this.outgoing.values()].sort((a, b) => a.order - b.order);
  }

  async putOutbox(message: StoredMessage): Promise<void> {
    this.outgoing.set(message.clientMessageId, message);
  }

  async deleteOutbox(clientMessageId: string): Promise<void> {
    this.outgoing.delete(clientMessageId);
  }

  async deviceSecrets(): Promise<readonly string[]> {
    return this.secrets;
  }

  async setDeviceSecrets(secrets: readonly string[]): Promise<void> {
    this.secrets = secrets;
  }

  async clear(): Promise<void> {
    this.current = null;
    for (const map of [this.kept, this.logs, this.outgoing, this.amending]) map.clear();
  }
}
