import type { ConversationId, MessageEntry } from '@parley/protocol';
import type { ConversationData } from '@parley/sdk';

/** A message that no tab shows. */
export interface Notice {
  entry: MessageEntry;
  conversation: ConversationData;
}

export interface NoticeListener {
  notify(notice: Notice): void;
  /**
   * Messages were edited or deleted, of which there may be notifications.
   *
   * @param messages in their present state. Null: any message of the conversation may have been.
   */
  reword(conversationId: ConversationId, messages: readonly MessageEntry[] | null): void;
}
