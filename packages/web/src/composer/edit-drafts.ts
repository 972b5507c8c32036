import type { ConversationId, MessageEntry } from '@parley/protocol';

/** A message that is being edited. */
export interface EditedMessage {
  /** The key of its row. */
  key: string;
  text: string;
  /** Null while the message is waiting to be sent. */
  entry: MessageEntry | null;
  clientMessageId: string;
}

interface EditDraft {
  conversationId: ConversationId;
  message: EditedMessage;
  /** The text as the person has changed it so far. */
  text: string;
  /** Whether the message was lost when the server was restored: another one may have its number. */
  isLost: boolean;
}

/** Unfinished edits that are kept; of more, those that were changed first are dropped. */
const keptMax = 50;

/** The unfinished edits of messages, until this page is closed or the account leaves it. */
export class EditDrafts {
  /** By conversation and row, the last changed one last. */
  private readonly drafts = new Map<string, EditDraft>();
  /** The edit that each conversation shows in place of the box. */
  private readonly open = new Map<ConversationId, EditDraft>();
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The message whose edit the conversation shows. */
  openIn(conversationId: ConversationId): EditedMessage | null {
    return this.open.get(conversationId)?.message ?? null;
  }

  textOf(conversationId: ConversationId, key: string): string | undefined {
    return this.drafts.get(idOf(conversationId, key))?.text;
  }

  /** Shows the edit of a message, with the unfinished text if there is one. */
  begin(conversationId: ConversationId, message: EditedMessage): void {
    if (this.openIn(conversationId)?.key === message.key) return;
    this.leave(conversationId);
    const text = this.textOf(conversationId, message.key) ?? message.text;
    this.open.set(conversationId, this.put({ conversationId, message, text, isLost: false }));
    this.changed();
  }

  write(conversationId: ConversationId, key: string, text: string): void {
    const draft = this.drafts.get(idOf(conversationId, key));
    if (draft) this.put(Object.assign(draft, { text }));
  }

  /** Shows the box again. A text that the person has changed is kept. */
  leave(conversationId: ConversationId): void {
    const draft = this.open.get(conversationId);
    if (!draft) return;
    if (draft.text === draft.message.text) this.remove(draft);
    this.open.delete(conversationId);
    this.changed();
  }

  /** The edit of a row was saved or cancelled. */
  end(conversationId: ConversationId, key: string): void {
    const draft = this.drafts.get(idOf(conversationId, key));
    if (!draft) return;
    this.remove(draft);
    this.changed();
  }

  /**
   * Drops the edits of messages that were deleted or lost. Returns whether one of them was shown.
   *
   * @param messageOf the message of a row as it is now, if it is loaded.
   */
  dropGone(
    conversationId: ConversationId,
    messageOf: (key: string) => Pick<EditedMessage, 'entry'> | undefined,
  ): boolean {
    const before = this.open.get(conversationId);
    for (const draft of this.of(conversationId)) {
      const entry = messageOf(draft.message.key)?.entry;
      if (draft.isLost || entry?.deleted) this.remove(draft);
      // It may have been sent since its edit began.
      else if (entry) draft.message.entry = entry;
    }
    const isGone = before !== this.open.get(conversationId);
    if (isGone) this.changed();
    return isGone;
  }

  /** The server lost the entries of a conversation after the number `keptSeq`. */
  restored(conversationId: ConversationId, keptSeq: number): void {
    for (const draft of this.of(conversationId)) draft.isLost ||= (draft.message.entry?.seq ?? 0) > keptSeq;
  }

  clear(): void {
    this.drafts.clear();
    this.open.clear();
    this.changed();
  }

  private of(conversationId: ConversationId): EditDraft[] {
    return [...this.drafts.values()].filter((draft) => draft.conversationId === conversationId);
  }

  private put(draft: EditDraft): EditDraft {
    const id = idOf(draft.conversationId, draft.message.key);
    this.drafts.delete(id);
    this.drafts.set(id, draft);
    for (const oldest of this.drafts.values()) {
      if (this.drafts.size <= keptMax) break;
      this.remove(oldest);
    }
    return draft;
  }

  private remove(draft: EditDraft): void {
    const { conversationId, message } = draft;
    this.drafts.delete(idOf(conversationId, message.key));
    if (this.open.get(conversationId) === draft) this.open.delete(conversationId);
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

export const editDrafts = new EditDrafts();

function idOf(conversationId: ConversationId, key: string): string {
  return `${conversationId} ${key}`;
}
