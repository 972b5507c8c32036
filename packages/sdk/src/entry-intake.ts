import { type ConversationId, type Entry, limits } from '@parley/protocol';
import type { ClientCore } from './client-core.ts';
import type { Conversation } from './conversation.ts';
import { withEntry } from './entry-effects.ts';
import { Disconnected, ParleyError } from './parley-error.ts';

/** Takes entries in as they come: shows what is next and fetches what is missing before the others. */
export class EntryIntake {
  /** Entries of conversations that are being asked for. */
  private readonly waiting = new Map<ConversationId, Entry[]>();

  constructor(private readonly core: ClientCore) {}

  /** Returns whether it is newer than all that was known of its conversation: an old one may come again. */
  take(entry: Entry): boolean {
    const { conversationId } = entry;
    const conversation = this.core.conversations.get(conversationId);
    const isNewer = conversation !== undefined && entry.seq > conversation.data.headSeq;
    const waiting = this.waiting.get(conversationId);
    if (waiting) waiting.push(entry);
    else if (conversation) this.show(conversation, [entry]);
    else this.meet(entry).catch((error: unknown) => this.failed(conversationId, error));
    return isNewer;
  }

  /** Shows everything up to `toSeq`, fetching what isn't here. */
  fill(conversation: Conversation, toSeq: number): Promise<void> {
    conversation.sequencer.expect(toSeq);
    return this.fetchMissing(conversation);
  }

  /** What to do when something that is missing could not be fetched. */
  failed(conversationId: ConversationId, error: unknown): void {
    this.core.reportFailure(error);
    if (error instanceof ParleyError && error.code === 'not_found') {
      this.core.forget(conversationId).catch(this.core.reportFailure);
    } else if (this.core.isConnected) {
      // Without what is missing nothing further can be shown: the next connection catches up.
      this.core.restart();
    }
  }

  /** Somebody added us, or wrote to us first: the conversation is asked for. */
  private async meet(first: Entry): Promise<void> {
    const { conversationId } = first;
    const entries = [first];
    this.waiting.set(conversationId, entries);
    try {
      const data = await this.core.api.call('getConversation', { conversationId });
      if (data.membership) this.show(this.core.learn(data), entries);
    } finally {
      this.waiting.delete(conversationId);
    }
  }

  /** Holds back what comes of a conversation while `ask` runs; shows what it gives, then what came. */
  async holdingBack(conversation: Conversation, ask: () => Promise<readonly Entry[]>): Promise<void> {
    const held: Entry[] = [];
    this.waiting.set(conversation.id, held);
    try {
      const entries = await ask();
      if (this.core.conversations.get(conversation.id) === conversation) this.show(conversation, [...entries, ...held]);
    } finally {
      this.waiting.delete(conversation.id);
    }
  }

  private show(conversation: Conversation, entries: readonly Entry[]): void {
    const ready = conversation.sequencer.take(entries);
    for (const entry of ready) this.showOne(conversation, entry);
    if (ready.length > 0) {
      this.core.store.putEntries(conversation.id, ready).catch(this.core.reportFailure);
      this.core.changed(conversation);
    }
    if (conversation.sequencer.missing && !conversation.filling && !conversation.readingAgain) {
      this.fetchMissing(conversation).catch((error: unknown) => this.failed(conversation.id, error));
    }
  }

  private showOne(conversation: Conversation, entry: Entry): void {
    const { core } = this;
    conversation.data = withEntry(conversation.data, entry, core.account);
    if (entry.kind === 'message' && entry.senderId === core.account?.id) {
      core.outbox.arrived(entry.clientMessageId, entry);
      core.markRead(conversation, entry.seq);
    }
    core.events.emit('entry', entry);
  }

  /** One at a time for each conversation: what turns out to be missing meanwhile is fetched along. */
  private fetchMissing(conversation: Conversation): Promise<void> {
    if (conversation.readingAgain) return conversation.readingAgain;
    if (!conversation.sequencer.missing) return Promise.resolve();
    conversation.filling ??= this.fetchAll(conversation);
    return conversation.filling;
  }

  private async fetchAll(conversation: Conversation): Promise<void> {
    const { id: conversationId, sequencer } = conversation;
    try {
      for (let range = sequencer.missing; range; range = sequencer.missing) {
        const { fromSeq, toSeq } = range;
        const limit = Math.min(limits.historyPageMax, toSeq - fromSeq + 1);
        const shown = sequencer.position;
        const page = await this.core.api.call('getHistory', { conversationId, after: fromSeq - 1, limit });
        const { entries } = page;
        // Left or removed meanwhile, or read again.
        if (this.core.conversations.get(conversationId) !== conversation) return;
        if (conversation.sequencer !== sequencer || this.core.isOfAnotherHistory(conversation, page, shown)) return;
        const first = entries[0];
        if (!first) throw new Disconnected(`the history lacks ${fromSeq} to ${toSeq}, which are said to be there`);
        // Numbers that this reader may not see are no gap.
        sequencer.skipTo(first.seq - 1);
        this.show(conversation, entries);
      }
    } finally {
      conversation.filling = null;
    }
  }
}
