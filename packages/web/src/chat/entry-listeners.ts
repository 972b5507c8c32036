import type { ConversationId, Entry } from '@parley/protocol';
import type { AmendedNews } from '../engine/messages.ts';

/** Receives the entries of one conversation. */
export interface EntryListener {
  entry(entry: Entry): void;
  amended?(news: AmendedNews): void;
  skipped(): void;
  /** The server was restored: entries after the number `keptSeq` may no longer exist. Read the history again. */
  restored?(keptSeq: number): void;
}

/** The listeners of each conversation that this tab follows. */
export class EntryListeners {
  private readonly byConversation = new Map<ConversationId, Set<EntryListener>>();

  add(conversationId: ConversationId, listener: EntryListener): void {
    this.byConversation.set(conversationId, new Set(this.of(conversationId)).add(listener));
  }

  /** Returns whether it was the last listener of its conversation. */
  remove(conversationId: ConversationId, listener: EntryListener): boolean {
    const left = new Set(this.of(conversationId));
    left.delete(listener);
    if (left.size > 0) this.byConversation.set(conversationId, left);
    else this.byConversation.delete(conversationId);
    return left.size === 0;
  }

  of(conversationId: ConversationId): Iterable<EntryListener> {
    return this.byConversation.get(conversationId) ?? [];
  }

  has(conversationId: ConversationId): boolean {
    return this.byConversation.has(conversationId);
  }

  ids(): ConversationId[] {
    return [...this.byConversation.keys()];
  }
}
