import { useState } from 'react';
import { failureText } from '../chat/failure-text.ts';
import { useChatItself } from '../chat/use-chat.ts';
import { t } from '../strings/strings.ts';
import { Dialog } from './dialog.tsx';

interface LeaveDialogProps {
  conversationId: string;
  title: string;
  onClose(): void;
  onLeft(): void;
}

/** Asks for confirmation before leaving: only another member can add the person again. */
export default function LeaveDialog({ conversationId, title, onClose, onLeft }: LeaveDialogProps) {
  const chat = useChatItself();
  const [failure, setFailure] = useState('');
  const leave = async () => {
    try {
      await chat.request('leave', conversationId);
      onLeft();
    } catch (error) {
      setFailure(failureText(error));
    }
  };
  return (
    <Dialog title={t('leaveConfirm', { title })} onClose={onClose}>
      <p>{t('leaveLead')}</p>
      <p className="failure" role="alert">
        {failure}
      </p>
      <div className="form-foot">
        <button type="button" className="button danger" onClick={() => void leave()}>
          {t('leave')}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {t('cancel')}
        </button>
      </div>
    </Dialog>
  );
}
