import type { MessageEntry } from '@parley/protocol';
import { useCallback, useState } from 'react';
import { useChatItself } from '../chat/use-chat.ts';
import { Dialog } from '../dialogs/dialog.tsx';
import { MoreButton } from '../people/more-button.tsx';
import { PersonLine } from '../people/person-line.tsx';
import { type PageRequest, usePagedList } from '../people/use-paged-list.ts';
import { locale, t } from '../strings/strings.ts';

/** Lists the people who reacted to a message with an emoji. */
export default function ReactedPeople({ entry, onClose }: { entry: MessageEntry; onClose(): void }) {
  const { reactions = [] } = entry;
  const [wanted, setWanted] = useState('');
  const chosen = reactions.find(({ emoji }) => emoji === wanted) ?? reactions[0];
  return (
    <Dialog title={t('whoReacted')} onClose={onClose} returnsFocus={false}>
      <div className="reactions">
        {reactions.map(({ emoji, count }) => (
          <button
            key={emoji}
            type="button"
            className="reaction"
            aria-pressed={emoji === chosen?.emoji}
            aria-label={t('reactionCount', { emoji, count })}
            onClick={() => setWanted(emoji)}
          >
            <span className="reaction-emoji">{emoji}</span>
            {count.toLocaleString(locale())}
          </button>
        ))}
      </div>
      {chosen ? <People entry={entry} {...chosen} /> : <p className="muted">{t('nobodyReacted')}</p>}
    </Dialog>
  );
}

function People({ entry, emoji, count }: { entry: MessageEntry; emoji: string; count: number }) {
  const chat = useChatItself();
  const { conversationId, seq } = entry;
  const load = useCallback(
    async (page: PageRequest) => {
      const { users, nextCursor } = await chat.operation('listReactions', { conversationId, seq, emoji, ...page });
      return { items: users, nextCursor };
    },
    [chat, conversationId, seq, emoji],
  );
  // The number of people may stay the same when one takes the place of another.
  const { items, more, failure } = usePagedList(load, { version: entry.revision });
  return (
    <>
      <p className="failure" role="alert">
        {failure}
      </p>
      <ul aria-label={t('reactionCount', { emoji, count })}>
        {(items ?? []).map((user) => (
          <li key={user.id} className="member">
            <PersonLine person={user} />
          </li>
        ))}
      </ul>
      <MoreButton more={more} />
    </>
  );
}
