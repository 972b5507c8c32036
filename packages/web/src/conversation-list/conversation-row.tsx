import type { ConversationData } from '@parley/sdk';
import { BellOff } from 'lucide-react';
import { memo } from 'react';
import { Link } from 'wouter';
import { useChat } from '../chat/use-chat.ts';
import { useDraft } from '../composer/drafts.ts';
import { FaultBoundary } from '../faults/fault-boundary.tsx';
import { ConversationAvatar } from '../people/conversation-avatar.tsx';
import { useWatch } from '../people/use-watch.ts';
import { usePreferences } from '../preferences/preferences.ts';
import { titleOf } from '../strings/conversation-title.ts';
import { plainExcerpt } from '../strings/plain-excerpt.ts';
import { locale, t } from '../strings/strings.ts';
import { exactTime, shortTime } from '../strings/times.ts';
import { useDay } from '../strings/use-day.ts';

interface ConversationRowProps {
  conversation: ConversationData;
  isCurrent: boolean;
}

/** One conversation of the list. Watches the presence and typing that it shows while it is in view. */
export const ConversationRow = memo(function ConversationRow({ conversation, isCurrent }: ConversationRowProps) {
  const { id, unreadCount, lastActivityAtMs, partner, lastMessage } = conversation;
  const title = titleOf(conversation);
  const day = useDay();
  const isMuted = usePreferences().muted.includes(id);
  // The person whose name the row shows.
  const named = partner?.id ?? lastMessage?.senderId;
  useWatch({ userIds: named === undefined ? [] : [named], typingIn: [id] });
  return (
    // biome-ignore lint/a11y/useSemanticElements: the virtual list puts elements between this and the list.
    <div role="listitem">
      <Link
        href={`/c/${id}`}
        className="conversation-row"
        aria-current={isCurrent ? 'page' : undefined}
        data-unread={unreadCount > 0}
      >
        <ConversationAvatar conversation={conversation} showsPresence />
        <span className="row-lines">
          <span className="row-line">
            <bdi className="row-title">{title}</bdi>
            {isMuted && <BellOff className="row-muted" aria-label={t('muted')} role="img" />}
            <time
              className="row-time"
              dateTime={new Date(lastActivityAtMs).toISOString()}
              title={exactTime(lastActivityAtMs)}
            >
              {shortTime(lastActivityAtMs, day)}
            </time>
          </span>
          <span className="row-line">
            <FaultBoundary key={conversation.headSeq} instead={<span className="row-last" />}>
              <LastLine conversation={conversation} isCurrent={isCurrent} />
            </FaultBoundary>
            {unreadCount > 0 && (
              <span
                className="badge"
                role="img"
                aria-label={t('unreadCount', { count: unreadCount })}
                data-muted={isMuted}
              >
                {unreadCount > 999 ? '999+' : unreadCount.toLocaleString(locale())}
              </span>
            )}
          </span>
        </span>
      </Link>
    </div>
  );
});

/** Who is typing, or else the draft, or else the last message. */
function LastLine({ conversation, isCurrent }: ConversationRowProps) {
  const { id, kind, lastMessage } = conversation;
  const typists = useChat((chat) => chat.typingIn(id));
  const me = useChat(({ account }) => account?.id);
  const pending = useChat((chat) => chat.outgoing.newestUnsent(conversation));
  const sender = useChat((chat) =>
    lastMessage && kind !== 'direct' ? chat.people.nameOf(lastMessage.senderId) : null,
  );
  const draft = useDraft(me ?? '', id);
  if (typists.length > 0) return <span className="row-last row-typing">{t('typing')}</span>;
  if (draft !== '' && !isCurrent)
    return (
      <span className="row-last row-draft" dir="auto">
        {t('draft', { text: excerpt(draft) })}
      </span>
    );
  if (pending)
    return (
      <span className="row-last" dir="auto">
        {t(pending.status === 'failed' ? 'youFailedToSay' : 'youSaid', { text: excerpt(pending.text) })}
      </span>
    );
  if (!lastMessage)
    return (
      <span className="row-last" dir="auto">
        {t('noMessagesYet')}
      </span>
    );
  if (lastMessage.deleted)
    return (
      <span className="row-last row-deleted" dir="auto">
        {t('messageDeleted')}
      </span>
    );
  const text = excerpt(lastMessage.text);
  if (lastMessage.senderId === me)
    return (
      <span className="row-last" dir="auto">
        {t('youSaid', { text })}
      </span>
    );
  return (
    <span className="row-last" dir="auto">
      {sender !== null && (
        <>
          <bdi>{sender}</bdi>:{' '}
        </>
      )}
      <bdi>{text}</bdi>
    </span>
  );
}

/** A longer text would not be visible, and would slow layout down. */
function excerpt(text: string): string {
  return plainExcerpt(text, 160).replaceAll(/\s+/gu, ' ');
}
