import type { Entry } from '@parley/protocol';
import {
  MemoryStore,
  type StoredAmendment,
  type StoredConversation,
  type StoredMessage,
  type StoredSession,
  type StoreNotice,
} from '../../src/index.ts';

/** A store that fails on request, like one on a full disk. */
export class FaultyStore extends MemoryStore {
  /** `rejects`: the promise rejects. `throws`: the method throws. `hangs`: the promise never settles. */
  fault: 'none' | 'rejects' | 'throws' | 'hangs' = 'none';
  notice: (notice: StoreNotice) => void = () => undefined;

  onNotice(run: (notice: StoreNotice) => void): void {
    this.notice = run;
  }

  /** Loses all data and works. */
  async lose(): Promise<void> {
    await super.clear();
    await super.setDeviceSecrets([]);
    this.notice('lost');
  }

  override session(): Promise<StoredSession | null> {
    return this.unlessFaulty(() => super.session());
  }

  override setSession(session: StoredSession | null): Promise<void> {
    return this.unlessFaulty(() => super.setSession(session));
  }

  override conversations(): Promise<StoredConversation[]> {
    return this.unlessFaulty(() => super.conversations());
  }

  override putConversation(conversation: StoredConversation): Promise<void> {
    return this.unlessFaulty(() => super.putConversation(conversation));
  }

  override deleteConversation(conversationId: string): Promise<void> {
    return this.unlessFaulty(() => super.deleteConversation(conversationId));
  }

  override putEntries(conversationId: string, entries: readonly Entry[]): Promise<void> {
    return this.unlessFaulty(() => super.putEntries(conversationId, entries));
  }

  override entries(conversationId: string, page: { before?: number; limit: number }): Promise<Entry[]> {
    return this.unlessFaulty(() => super.entries(conversationId, page));
  }

  override reviseEntries(
    conversationId: string,
    seqs: readonly number[],
    revise: (entry: Entry) => Entry,
  ): Promise<void> {
    return this.unlessFaulty(() => super.reviseEntries(conversationId, seqs, revise));
  }

  override amendments(): Promise<StoredAmendment[]> {
    return this.unlessFaulty(() => super.amendments());
  }

  override putAmendment(amendment: StoredAmendment): Promise<void> {
    return this.unlessFaulty(() => super.putAmendment(amendment));
  }

  override deleteAmendment(amendmentId: string): Promise<void> {
    return this.unlessFaulty(() => super.deleteAmendment(amendmentId));
  }

  override outbox(): Promise<StoredMessage[]> {
    return this.unlessFaulty(() => super.outbox());
  }

  override putOutbox(message: StoredMessage): Promise<void> {
    return this.unlessFaulty(() => super.putOutbox(message));
  }

  override deleteOutbox(clientMessageId: string): Promise<void> {
    return this.unlessFaulty(() => super.deleteOutbox(clientMessageId));
  }

  override deviceSecrets(): Promise<readonly string[]> {
    return this.unlessFaulty(() => super.deviceSecrets());
  }

  override setDeviceSecrets(secrets: readonly string[]): Promise<void> {
    return this.unlessFaulty(() => super.setDeviceSecrets(secrets));
  }

  override clear(): Promise<void> {
    return this.unlessFaulty(() => super.clear());
  }

  private unlessFaulty<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.fault === 'none') return work();
    if (this.fault === 'hangs') return new Promise(() => undefined);
    const failure = new DOMException('no space', 'QuotaExceededError');
    if (this.fault === 'throws') throw failure;
    return Promise.reject(failure);
  }
}
