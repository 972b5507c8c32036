import type { ConversationData } from '@parley/sdk';
import { Ban, Bell, BellOff, LogOut, UserPlus, X } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { useLocation } from 'wouter';
import { failureText } from '../chat/failure-text.ts';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import type { ConversationChange } from '../engine/messages.ts';
import { laterPart } from '../faults/later-part.ts';
import { Overlay } from '../faults/overlay.tsx';
import { ConversationAvatar } from '../people/conversation-avatar.tsx';
import { setPreferences, usePreferences } from '../preferences/preferences.ts';
import { titleOf } from '../strings/conversation-title.ts';
import { t } from '../strings/strings.ts';
import { useAlone } from '../style/use-room.ts';
import { Members } from './members.tsx';
import { PinnedMessages } from './pinned-messages.tsx';

const AddMembers = laterPart(() => import('../dialogs/add-members.tsx'));
const BannedPeople = laterPart(() => import('../dialogs/banned-people.tsx'));
const LeaveDialog = laterPart(() => import('../dialogs/leave-dialog.tsx'));

interface DetailsProps {
  conversation: ConversationData;
  onClose(): void;
}

/** Shows a conversation's properties and members, and lets those who may change them do so. */
export default function Details({ conversation, onClose }: DetailsProps) {
  const { id, kind, partner, description, membership } = conversation;
  const title = titleOf(conversation);
  const [, navigate] = useLocation();
  const leaveView = () => {
    // The person may have opened another conversation before the answer came.
    if (`${location.pathname}/`.startsWith(`/c/${id}/`)) navigate('/');
  };
  const Heading = useAlone('details') ? 'h1' : 'h2';
  const [dialog, setDialog] = useState<'add' | 'bans' | 'leave' | null>(null);
  const closeDialog = () => setDialog(null);
  const features = useChat((chat) => chat.features);
  const canBan = features.includes('bans');
  const mayManage = membership?.role === 'owner' || membership?.role === 'admin';
  return (
    <aside className="details" aria-label={t('details')}>
      <header className="details-head">
        <Heading className="details-heading">{t('details')}</Heading>
        <button type="button" className="icon-button" aria-label={t('closeDetails')} onClick={onClose}>
          <X aria-hidden="true" />
        </button>
      </header>
      <div className="details-body">
        <div className="details-title">
          <ConversationAvatar conversation={conversation} />
          <strong dir="auto">{title}</strong>
          {partner && <bdi className="muted">@{partner.username}</bdi>}
          {description !== '' && <p dir="auto">{description}</p>}
        </div>
        <div className="details-actions">
          <MuteButton conversationId={id} />
          {kind !== 'direct' && mayManage && (
            <button type="button" className="button" onClick={() => setDialog('add')}>
              <UserPlus aria-hidden="true" />
              {t('addMembers')}
            </button>
          )}
          {kind !== 'direct' && mayManage && canBan && (
            <button type="button" className="button" onClick={() => setDialog('bans')}>
              <Ban aria-hidden="true" />
              {t('bannedPeople')}
            </button>
          )}
          {kind !== 'direct' && (
            <button type="button" className="button danger" onClick={() => setDialog('leave')}>
              <LogOut aria-hidden="true" className="mirrored" />
              {t('leave')}
            </button>
          )}
        </div>
        {features.includes('amendments') && <PinnedMessages conversationId={id} onClose={onClose} />}
        {kind !== 'direct' && mayManage && <Properties conversation={conversation} />}
        {kind !== 'direct' && <Members conversation={conversation} canBan={canBan} />}
      </div>
      <Overlay key={dialog} onClose={closeDialog}>
        {dialog === 'add' && <AddMembers conversationId={id} onClose={closeDialog} />}
        {dialog === 'bans' && <BannedPeople conversationId={id} onClose={closeDialog} />}
        {dialog === 'leave' && (
          <LeaveDialog conversationId={id} title={title} onClose={closeDialog} onLeft={leaveView} />
        )}
      </Overlay>
    </aside>
  );
}

function MuteButton({ conversationId }: { conversationId: string }) {
  const { muted } = usePreferences();
  const isMuted = muted.includes(conversationId);
  const others = muted.filter((one) => one !== conversationId);
  return (
    <button
      type="button"
      className="button"
      aria-pressed={isMuted}
      onClick={() => setPreferences({ muted: isMuted ? others : [...others, conversationId] })}
    >
      {isMuted ? <Bell aria-hidden="true" /> : <BellOff aria-hidden="true" />}
      {t(isMuted ? 'unmute' : 'mute')}
    </button>
  );
}

/**
 * A form for name, description and who may write. A change by somebody else shows in the fields that the person has not
 * edited, and saving sends only the edited ones.
 */
function Properties({ conversation: { id, name, description, announceOnly } }: { conversation: ConversationData }) {
  const chat = useChatItself();
  const fieldId = useId();
  const [result, setResult] = useState<{ isFailure: boolean; text: string } | null>(null);
  const [changes, setChanges] = useState<ConversationChange>({});
  const shown = { name: name ?? '', description, announceOnly, ...changes };
  const change = (more: ConversationChange) => setChanges((edited) => ({ ...edited, ...more }));
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const sent = changes;
    const named = sent.name === undefined ? {} : { name: sent.name.trim() };
    try {
      if (Object.keys(sent).length > 0) await chat.request('update', id, { ...sent, ...named });
      // What was edited while it was being saved stays.
      setChanges((edited) => without(edited, sent));
      setResult({ isFailure: false, text: t('saved') });
    } catch (error) {
      setResult({ isFailure: true, text: failureText(error) });
    }
  };
  return (
    <form className="stack" onSubmit={submit}>
      <div className="field">
        <label htmlFor={`${fieldId}-name`}>{t('name')}</label>
        <input
          id={`${fieldId}-name`}
          required
          value={shown.name}
          dir="auto"
          onChange={(event) => change({ name: event.target.value })}
        />
      </div>
      <div className="field">
        <label htmlFor={`${fieldId}-description`}>{t('description')}</label>
        <textarea
          id={`${fieldId}-description`}
          rows={2}
          value={shown.description}
          dir="auto"
          onChange={(event) => change({ description: event.target.value })}
        />
      </div>
      <label className="check">
        <input
          type="checkbox"
          checked={shown.announceOnly}
          onChange={(event) => change({ announceOnly: event.target.checked })}
        />
        {t('announceOnly')}
      </label>
      <div className="form-foot">
        <button type="submit" className="button">
          {t('save')}
        </button>
        <span className={result?.isFailure ? 'failure' : 'muted'} role="status">
          {result?.text}
        </span>
      </div>
    </form>
  );
}

/** The changes that are not in `saved`, or have another value there. */
function without(changes: ConversationChange, saved: ConversationChange): ConversationChange {
  const isSaved = (key: string) => changes[key as keyof ConversationChange] === saved[key as keyof ConversationChange];
  return Object.fromEntries(Object.entries(changes).filter(([key]) => !isSaved(key)));
}
