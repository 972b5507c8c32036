import { useCallback } from 'react';
import { useChat } from '../chat/use-chat.ts';
import { draftKey, drafts } from '../composer/drafts.ts';

/**
 * Returns a function that makes the draft of a conversation a reply to a message, and moves the focus to the box.
 *
 * @param showBox shows the box in place of the form in which a message is edited.
 */
export function useReplying(conversationId: string, focusField: () => void, showBox: () => void) {
  const accountId = useChat(({ account }) => account?.id ?? '');
  return useCallback(
    (seq: number) => {
      drafts.reply(draftKey(accountId, conversationId), seq);
      showBox();
      focusField();
    },
    [accountId, conversationId, focusField, showBox],
  );
}
