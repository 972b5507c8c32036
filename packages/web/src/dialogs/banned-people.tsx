import type { User } from '@parley/protocol';
import { useCallback, useEffect, useState } from 'react';
import { failureText } from '../chat/failure-text.ts';
import { useChatItself } from '../chat/use-chat.ts';
import { MoreButton } from '../people/more-button.tsx';
import { PersonLine } from '../people/person-line.tsx';
import { type PageRequest, usePagedList } from '../people/use-paged-list.ts';
import { personName } from '../strings/person-name.ts';
import { t } from '../strings/strings.ts';
import { shortDate } from '../strings/times.ts';
import BanDialog from './ban-dialog.tsx';
import { Dialog } from './dialog.tsx';
import { PeopleSearch } from './new-conversation.tsx';

/** Lists the banned people of a group or channel, lifts bans, and bans people who are not members. */
export default function BannedPeople({ conversationId, onClose }: { conversationId: string; onClose(): void }) {
  const [chosen, setChosen] = useState<User | null>(null);
  if (chosen) {
    const back = () => setChosen(null);
    return <BanDialog conversationId={conversationId} person={chosen} onClose={back} onBanned={back} />;
  }
  return (
    <Dialog title={t('bannedPeople')} onClose={onClose}>
      <PeopleSearch onChoose={setChosen} />
      <Bans conversationId={conversationId} />
    </Dialog>
  );
}

function Bans({ conversationId }: { conversationId: string }) {
  const chat = useChatItself();
  const [failure, setFailure] = useState('');
  const load = useCallback(
    async (page: PageRequest) => {
      const { bans, nextCursor } = await chat.operation('listBans', { conversationId, ...page });
      return { items: bans.map((ban) => ({ id: ban.user.id, ...ban })), nextCursor };
    },
    [chat, conversationId],
  );
  const { items, more, refresh, failure: loadFailure } = usePagedList(load);
  useEffect(
    () =>
      chat.follow(conversationId, {
        entry: ({ kind }) => {
          if (kind === 'banned' || kind === 'unbanned') refresh();
        },
        skipped: refresh,
        restored: refresh,
      }),
    [chat, conversationId, refresh],
  );
  const unban = (userId: string) => {
    setFailure('');
    const unbanned = chat.operation('unbanUser', { conversationId, userId });
    unbanned.catch((error: unknown) => setFailure(failureText(error)));
  };
  return (
    <>
      <p className="failure" role="alert">
        {failure || loadFailure}
      </p>
      {items?.length === 0 && loadFailure === '' && <p className="muted">{t('nobodyBanned')}</p>}
      <ul aria-label={t('bannedPeople')}>
        {(items ?? []).map(({ user, bannedBy, atMs }) => (
          <li key={user.id} className="member">
            <PersonLine person={user} note={t('bannedBy', { name: personName(bannedBy), time: shortDate(atMs) })} />
            <button
              type="button"
              className="button"
              aria-label={t('unbanPerson', { name: personName(user) })}
              onClick={() => unban(user.id)}
            >
              {t('unban')}
            </button>
          </li>
        ))}
      </ul>
      <MoreButton more={more} />
    </>
  );
}
