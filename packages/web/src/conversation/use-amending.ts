import { type AmendingMember, amendmentRefusal, type MessageChange, type MessageEntry } from '@parley/protocol';
import { useCallback, useEffect, useMemo } from 'react';
import type { Chat } from '../chat/chat.ts';
import { RequestFailed } from '../chat/engine-link.ts';
import { failureText } from '../chat/failure-text.ts';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { editDrafts } from '../composer/edit-drafts.ts';
import { plainExcerpt } from '../strings/plain-excerpt.ts';
import { t } from '../strings/strings.ts';
import { type ActionContext, mayEdit } from './message-actions.ts';
import type { useNote } from './note.tsx';
import { type MessageRow, messageOf, type Row } from './rows.ts';
import { shownText } from './shown-text.ts';
import type { TimelineView } from './timeline-view.ts';
import type { Editing } from './use-editing.ts';
import type { useMessageOverlay } from './use-message-overlay.ts';

const announcedMax = 500;

interface AmendingInput {
  conversationId: string;
  rows: readonly Row[];
  view: TimelineView;
  editing: Editing;
  onReply(seq: number): void;
  open: ReturnType<typeof useMessageOverlay>['open'];
  note: Pick<ReturnType<typeof useNote>, 'say' | 'keep'>;
}

/** Changes of messages: what the actions of the menu need, and what screen readers announce of changes by others. */
export function useAmending({ conversationId, rows, view, editing, onReply, open, note }: AmendingInput) {
  const { say, keep } = note;
  const member = useMember(conversationId);
  const { refusal } = view;
  useEffect(() => {
    if (refusal) keep(failureText(new RequestFailed(refusal)));
  }, [refusal, keep]);
  useEffect(() => {
    const isGone = editDrafts.dropGone(conversationId, (key) => messageOf(rows, key));
    if (isGone) keep(t('editedMessageGone'));
  }, [conversationId, rows, keep]);
  const announced = useChat((chat) => (view.reworded ? announcement(view.reworded, chat) : ''));
  const change = useChange(conversationId, member, keep);
  const { begin: edit } = editing;
  const marks = useUnreadMarks(conversationId);
  const context: ActionContext = { conversationId, say, member, edit, reply: onReply, change, open, ...marks };
  /** Edits the person's newest message, and returns whether there is one that the person may edit. */
  const editOwnLast = (): boolean => {
    const last = rows.findLast((row): row is MessageRow => row.kind === 'message' && mayEdit(row, member));
    if (last) edit(last);
    return last !== undefined;
  };
  return { context, announced, editOwnLast };
}

/** Changes a message, or shows why that is not possible. */
function useChange(conversationId: string, member: AmendingMember | null, keep: (reason: string) => void) {
  const chat = useChatItself();
  return useCallback(
    ({ entry, clientMessageId }: MessageRow, change: MessageChange) => {
      const code = entry && member && amendmentRefusal(entry, change, member);
      const done = code
        ? Promise.reject(new RequestFailed({ code, message: code, errors: [] }))
        : chat.request('amend', conversationId, entry ?? clientMessageId, change);
      done.catch((error: unknown) => keep(failureText(error)));
    },
    [chat, conversationId, member, keep],
  );
}

/** Marks entries as unread, if the server offers it. */
function useUnreadMarks(conversationId: string): Pick<ActionContext, 'markableFrom' | 'markUnread'> {
  const chat = useChatItself();
  const markableFrom = useChat(({ features, conversations }) => {
    const { joinedSeq } = conversations.get(conversationId)?.membership ?? {};
    return joinedSeq !== undefined && features.includes('mark_unread') ? joinedSeq + 1 : null;
  });
  return { markableFrom, markUnread: (seq) => chat.request('markUnread', conversationId, seq) };
}

/** Announces to screen readers how somebody else has changed a message. */
function announcement(entry: MessageEntry, { people }: Chat): string {
  const nameOf = (userId: string) => people.shownNameOf(userId);
  const text = plainExcerpt(shownText({ ...entry, entry }, nameOf), announcedMax);
  const name = nameOf(entry.senderId);
  return entry.deleted ? `${name}: ${text}` : t('editedBy', { name, text });
}

/** The person as a member, for the rules of what one may change. Null: the server does not offer changes. */
function useMember(conversationId: string): AmendingMember | null {
  const isOffered = useChat(({ features }) => features.includes('amendments'));
  const userId = useChat(({ account }) => account?.id);
  const conversation = useChat(({ conversations }) => conversations.get(conversationId));
  const conversationKind = conversation?.kind;
  const announceOnly = conversation?.announceOnly === true;
  const role = conversation?.membership?.role;
  const visibleFromSeq = conversation?.membership?.visibleFromSeq ?? 1;
  // Every message makes a new object of the conversation.
  return useMemo(() => {
    if (!isOffered || userId === undefined || !conversationKind || !role) return null;
    return { userId, role, visibleFromSeq, conversationKind, announceOnly };
  }, [isOffered, userId, role, visibleFromSeq, conversationKind, announceOnly]);
}
