import { useChatItself } from '../chat/use-chat.ts';
import { ConfirmDialog } from '../dialogs/confirm-dialog.tsx';
import { plainExcerpt } from '../strings/plain-excerpt.ts';
import { t } from '../strings/strings.ts';
import type { MessageRow } from './rows.ts';

const excerptMax = 300;

interface DeleteDialogProps {
  conversationId: string;
  message: MessageRow;
  onClose(): void;
}

/** Asks for confirmation before a message is deleted: its text can't be restored. */
export default function DeleteDialog({ conversationId, message, onClose }: DeleteDialogProps) {
  const chat = useChatItself();
  const remove = async () => {
    await chat.request('amend', conversationId, message.entry ?? message.clientMessageId, { kind: 'delete' });
    onClose();
  };
  return (
    <ConfirmDialog
      title={t('deleteConfirm')}
      lead={t('deleteLead')}
      action={t('delete')}
      act={remove}
      onClose={onClose}
      returnsFocus={false}
    >
      <blockquote className="deleted-text" dir="auto">
        {plainExcerpt(message.text, excerptMax)}
      </blockquote>
    </ConfirmDialog>
  );
}
