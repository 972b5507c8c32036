import { Compass, ListFilter, Plus, Search, Settings } from 'lucide-react';
import { type ReactNode, useId, useMemo, useState } from 'react';
import { VList } from 'virtua';
import { Link, useLocation } from 'wouter';
import { useChat } from '../chat/use-chat.ts';
import { titleOf } from '../strings/conversation-title.ts';
import { t } from '../strings/strings.ts';
import { Mark } from '../style/mark.tsx';
import { ConversationRow } from './conversation-row.tsx';
import { useNameFilter } from './use-name-filter.ts';

interface ConversationListProps {
  current: string | null;
  /** The list is the only thing on the page. */
  isAlone: boolean;
  onNew(): void;
  onJump(): void;
  /** Suggests what to do next. Shown when the list is alone on the page and empty. */
  start: ReactNode;
}

/** The person's conversations, most recent first. */
export function ConversationList({ current, isAlone, onNew, onJump, start }: ConversationListProps) {
  const [location] = useLocation();
  const conversations = useChat(({ list }) => list);
  const [query, setQuery] = useState('');
  const filterId = useId();
  const isFound = useNameFilter(query.trim());
  const shown = useMemo(
    () => (query.trim() === '' ? conversations : conversations.filter((one) => isFound(titleOf(one)))),
    [conversations, query, isFound],
  );
  return (
    <nav className="sidebar" aria-label={t('conversations')}>
      <SidebarHead isAlone={isAlone} onNew={onNew} onJump={onJump} />
      <div className="filter">
        <label className="visually-hidden" htmlFor={filterId}>
          {t('filterConversations')}
        </label>
        <ListFilter aria-hidden="true" />
        <input
          id={filterId}
          type="search"
          placeholder={t('filterConversations')}
          value={query}
          dir="auto"
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      {shown.length > 0 ? (
        <VList className="conversation-list" data={shown} itemSize={64} bufferSize={300} role="list" tabIndex={-1}>
          {(conversation) => (
            <ConversationRow
              key={conversation.id}
              conversation={conversation}
              isCurrent={conversation.id === current}
            />
          )}
        </VList>
      ) : (
        (query === '' && isAlone && start) || (
          <p className="conversation-list muted empty-list">
            {query === '' ? t('noConversationsYet') : t('noMatch', { query })}
          </p>
        )
      )}
      <footer className="sidebar-foot">
        <Link href="/channels" className="foot-link" aria-current={location === '/channels' ? 'page' : undefined}>
          <Compass aria-hidden="true" />
          {t('browseChannels')}
        </Link>
        <Link href="/settings" className="foot-link" aria-current={location === '/settings' ? 'page' : undefined}>
          <Settings aria-hidden="true" />
          {t('settings')}
        </Link>
      </footer>
    </nav>
  );
}

function SidebarHead({ isAlone, onNew, onJump }: Pick<ConversationListProps, 'isAlone' | 'onNew' | 'onJump'>) {
  return (
    <header className="sidebar-head">
      <Mark />
      {isAlone ? <h1>{t('appName')}</h1> : <strong>{t('appName')}</strong>}
      <span className="spacer" />
      <button
        type="button"
        className="icon-button"
        aria-label={t('jumpTo')}
        title={`${t('jumpTo')} (Ctrl+K)`}
        onClick={onJump}
      >
        <Search aria-hidden="true" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={t('newConversation')}
        title={t('newConversation')}
        onClick={onNew}
      >
        <Plus aria-hidden="true" />
      </button>
    </header>
  );
}
