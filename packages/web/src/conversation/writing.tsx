import { mayWrite } from '@parley/protocol';
import type { ConversationData } from '@parley/sdk';
import { type RefObject, useCallback } from 'react';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { Composer } from '../composer/composer.tsx';
import { draftKey, drafts, useDraftReply } from '../composer/drafts.ts';
import { EditComposer } from '../composer/edit-composer.tsx';
import { type EditedMessage, editDrafts } from '../composer/edit-drafts.ts';
import { titleOf } from '../strings/conversation-title.ts';
import { t } from '../strings/strings.ts';
import type { MessageListHandle } from './message-list.tsx';
import { ReplyHead, replyRefusal } from './reply-head.tsx';
import type { Editing } from './use-editing.ts';

interface WritingProps {
  conversation: ConversationData;
  editing: Editing;
  field: RefObject<HTMLTextAreaElement | null>;
  list: RefObject<MessageListHandle | null>;
}

/** The form below the messages: for a new message or, while one is being edited, for its text. */
export function Writing({ conversation, editing, field, list }: WritingProps) {
  const chat = useChatItself();
  const { id, membership } = conversation;
  const onSent = useCallback(() => list.current?.written(), [list]);
  const toOwnLast = useCallback(() => list.current?.toOwnLast(), [list]);
  const save = async (edited: EditedMessage, text: string) => {
    // It may have been sent or changed since the person started to edit it.
    const message = list.current?.messageOf(edited.key) ?? edited;
    // A text that the person did not change must not revert an edit from another device.
    if (text === edited.text || text === message.text) return;
    await chat.request('amend', id, message.entry ?? message.clientMessageId, { kind: 'edit', text });
  };
  if (!mayWrite(conversation, membership ?? { role: 'member' })) {
    return <p className="read-only">{t('announceOnlyNote')}</p>;
  }
  const { message } = editing;
  if (message) {
    const { key } = message;
    return (
      <EditComposer
        key={key}
        field={field}
        draft={editDrafts.textOf(id, key) ?? message.text}
        onChange={(text) => editDrafts.write(id, key, text)}
        onSave={(text) => save(message, text)}
        onClose={() => editing.end(key)}
      />
    );
  }
  return <NewMessage {...{ conversation, field }} onSent={onSent} onOwnLast={toOwnLast} />;
}

interface NewMessageProps extends Pick<WritingProps, 'conversation' | 'field'> {
  onSent(): void;
  onOwnLast(): void;
}

/** The form for a new message, which may be a reply. */
function NewMessage({ conversation, ...props }: NewMessageProps) {
  const { id: conversationId } = conversation;
  const accountId = useChat(({ account }) => account?.id ?? '');
  const seq = useDraftReply(accountId, conversationId);
  const canReply = useChat((chat) => seq === undefined || !replyRefusal(chat.quoted.of(conversationId, seq)));
  const cancel = () => {
    if (seq === undefined) return;
    drafts.reply(draftKey(accountId, conversationId), undefined);
    props.field.current?.focus();
  };
  return (
    <Composer
      {...props}
      conversationId={conversationId}
      title={titleOf(conversation)}
      isBlocked={!canReply}
      head={seq !== undefined && <ReplyHead {...{ conversationId, seq }} onCancel={cancel} />}
      onEscape={cancel}
    />
  );
}
