import { useState } from 'react';
import { failureText } from '../chat/failure-text.ts';
import { useChatItself } from '../chat/use-chat.ts';
import { t } from '../strings/strings.ts';
import { Dialog } from './dialog.tsx';
import { PeopleSearch } from './new-conversation.tsx';

/** Adds people to a group or channel, one by one. */
export default function AddMembers({ conversationId, onClose }: { conversationId: string; onClose(): void }) {
  const chat = useChatItself();
  const [failure, setFailure] = useState('');
  const add = async (userId: string) => {
    try {
      await chat.operation('addMembers', { conversationId, userIds: [userId] });
      onClose();
    } catch (error) {
      setFailure(failureText(error));
    }
  };
  return (
    <Dialog title={t('addMembers')} onClose={onClose}>
      <PeopleSearch onChoose={({ id }) => void add(id)} />
      <p className="failure" role="alert">
        {failure}
      </p>
    </Dialog>
  );
}
