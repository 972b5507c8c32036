import { Compass, Hash, UserSearch, Users } from 'lucide-react';
import type { ReactNode } from 'react';
import { useChat } from '../chat/use-chat.ts';
import type { NewKind } from '../dialogs/new-conversation.tsx';
import { t } from '../strings/strings.ts';
import { useAlone } from '../style/use-room.ts';

interface StartProps {
  onNew(kind: NewKind): void;
  onChannels(): void;
}

/** Suggests what to do next while no conversation is open. */
export function Start({ onNew, onChannels }: StartProps) {
  const isEmpty = useChat(({ conversations }) => conversations.size === 0);
  const isLoading = useChat(({ connection: { name } }) => name === 'connecting' || name === 'catching-up');
  // Beside the list this is the main part of the page; where the list is alone, it is a section of the list.
  const Heading = useAlone('list') ? 'h2' : 'h1';
  if (isEmpty && isLoading) return <div className="start" />;
  return (
    <div className="start">
      <Heading className="start-title">{isEmpty ? t('startTitle') : t('chooseTitle')}</Heading>
      <p className="muted">{isEmpty ? t('startLead') : t('chooseLead', { keys: 'Ctrl+K' })}</p>
      <div className="start-actions">
        <Action icon={<UserSearch aria-hidden="true" />} label={t('findPerson')} onClick={() => onNew('person')} />
        <Action icon={<Compass aria-hidden="true" />} label={t('joinChannel')} onClick={onChannels} />
        <Action icon={<Users aria-hidden="true" />} label={t('makeGroup')} onClick={() => onNew('group')} />
        <Action icon={<Hash aria-hidden="true" />} label={t('makeChannel')} onClick={() => onNew('channel')} />
      </div>
      {isEmpty && <p className="hint">{t('inviteHint', { address: location.origin })}</p>}
    </div>
  );
}

function Action({ icon, label, onClick }: { icon: ReactNode; label: string; onClick(): void }) {
  return (
    <button type="button" className="start-action" onClick={onClick}>
      {icon}
      {label}
    </button>
  );
}
