import { useMemo, useSyncExternalStore } from 'react';
import { type EditedMessage, editDrafts } from '../composer/edit-drafts.ts';

/** The message whose text the person is changing, and how to begin and end that. */
export interface Editing {
  message: EditedMessage | null;
  /** Shows the form for a message, with the text that the person left unfinished, and moves the focus there. */
  begin(message: EditedMessage): void;
  /** Shows the box for new messages again. The unfinished text is kept. */
  leave(): void;
  /** The person has saved or cancelled the edit of a row. */
  end(key: string): void;
}

/** The message that is being edited. An unfinished edit is kept until the person comes back to the conversation. */
export function useEditing(conversationId: string, focusField: () => void): Editing {
  const message = useSyncExternalStore(editDrafts.subscribe, () => editDrafts.openIn(conversationId));
  return useMemo(
    () => ({
      message,
      begin(next) {
        const { key, text, entry, clientMessageId } = next;
        editDrafts.begin(conversationId, { key, text, entry, clientMessageId });
        focusField();
      },
      leave: () => editDrafts.leave(conversationId),
      end: (key) => editDrafts.end(conversationId, key),
    }),
    [message, conversationId, focusField],
  );
}
