import { useChatItself } from '../chat/use-chat.ts';
import { t } from '../strings/strings.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

interface LeaveDialogProps {
  conversationId: string;
  title: string;
  onClose(): void;
  onLeft(): void;
}

/** Asks for confirmation before leaving: only another member can add the person again. */
export default function LeaveDialog({ conversationId, title, onClose, onLeft }: LeaveDialogProps) {
  const chat = useChatItself();
  const leave = () => chat.request('leave', conversationId).then(onLeft);
  return (
    <ConfirmDialog
      title={t('leaveConfirm', { title })}
      lead={t('leaveLead')}
      action={t('leave')}
      act={leave}
      onClose={onClose}
    />
  );
}
