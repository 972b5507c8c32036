import { useChatItself } from '../chat/use-chat.ts';
import { usePerson } from '../people/use-person.ts';
import { personName } from '../strings/person-name.ts';
import { t } from '../strings/strings.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

interface BanDialogProps {
  conversationId: string;
  person: { id: string; username: string; displayName: string };
  onClose(): void;
  onBanned(): void;
}

/** Asks for confirmation before banning a person from a group or channel. */
export default function BanDialog({ conversationId, person, onClose, onBanned }: BanDialogProps) {
  const chat = useChatItself();
  const name = personName(usePerson(person));
  const ban = () => chat.operation('banUser', { conversationId, userId: person.id }).then(onBanned);
  return (
    <ConfirmDialog
      title={t('banConfirm', { name })}
      lead={t('banLead')}
      action={t('ban')}
      act={ban}
      onClose={onClose}
    />
  );
}
