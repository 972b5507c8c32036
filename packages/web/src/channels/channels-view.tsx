import { Plus } from 'lucide-react';
import { useId, useState } from 'react';
import { Link } from 'wouter';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { useOpening } from '../chat/use-opening.ts';
import { Avatar } from '../people/avatar.tsx';
import { MoreButton } from '../people/more-button.tsx';
import { conversationName } from '../strings/conversation-title.ts';
import { t } from '../strings/strings.ts';
import { ViewHead } from '../style/view-head.tsx';
import { useChannelSearch } from './use-channel-search.ts';

/** Lists public channels and joins them. */
export default function ChannelsView({ onCreate }: { onCreate(): void }) {
  const chat = useChatItself();
  const id = useId();
  const { open, failure } = useOpening();
  const [query, setQuery] = useState('');
  const list = useChannelSearch(query);
  const channels = list.items;
  const own = useChat(({ list }) => list);
  const mine = new Set(own.map((one) => one.id));
  return (
    <div className="page">
      <ViewHead>
        <h1>{t('channels')}</h1>
        <button type="button" className="button" onClick={onCreate}>
          <Plus aria-hidden="true" />
          {t('makeChannel')}
        </button>
      </ViewHead>
      <div className="page-body">
        <label className="visually-hidden" htmlFor={id}>
          {t('searchChannels')}
        </label>
        <input
          id={id}
          type="search"
          className="wide"
          placeholder={t('searchChannels')}
          value={query}
          dir="auto"
          onChange={(event) => setQuery(event.target.value)}
        />
        <p className="failure" role="alert">
          {failure || list.failure}
        </p>
        {channels?.length === 0 && list.failure === '' && (
          <p className="muted">{query.trim() === '' ? t('noChannels') : t('noMatch', { query })}</p>
        )}
        <ul className="cards">
          {(channels ?? []).map((channel) => (
            <li key={channel.id} className="channel-card">
              <Avatar id={channel.id} name={conversationName(channel.name)} kind="channel" />
              <div className="channel-text">
                <h2>
                  <bdi>{conversationName(channel.name)}</bdi>
                </h2>
                {channel.description !== '' && <p dir="auto">{channel.description}</p>}
                <p className="muted">{t('memberCount', { count: channel.memberCount })}</p>
              </div>
              {mine.has(channel.id) ? (
                <Link href={`/c/${channel.id}`} className="button">
                  {t('open')}
                </Link>
              ) : (
                <button
                  type="button"
                  className="button primary"
                  onClick={() => void open(() => chat.request('join', channel.id))}
                >
                  {t('join')}
                </button>
              )}
            </li>
          ))}
        </ul>
        <MoreButton more={list.more} />
      </div>
    </div>
  );
}
