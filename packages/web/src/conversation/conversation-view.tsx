import { Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { Composer } from '../composer/composer.tsx';
import { laterPart } from '../faults/later-part.ts';
import { useIsAttended } from '../notifications/attention.ts';
import { useWatch } from '../people/use-watch.ts';
import { titleOf } from '../strings/conversation-title.ts';
import { t } from '../strings/strings.ts';
import { Announcer } from './announcer.tsx';
import { ConversationHeader } from './conversation-header.tsx';
import { MessageList, type MessageListHandle } from './message-list.tsx';
import { TypingLine } from './typing-line.tsx';

const Details = laterPart(() => import('../details/details.tsx'));

/** One conversation: its header, its messages and the composer. */
export default function ConversationView({ conversationId }: { conversationId: string }) {
  const chat = useChatItself();
  const conversation = useChat(({ conversations }) => conversations.get(conversationId));
  const [showsDetails, setShowsDetails] = useState(false);
  const list = useRef<MessageListHandle>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const isAttended = useIsAttended();
  const partnerId = conversation?.partner?.id;
  useWatch({
    userIds: partnerId ? [partnerId] : [],
    conversationIds: conversation && !partnerId ? [conversationId] : [],
    typingIn: [conversationId],
  });
  const isLive = useChat(({ connection }) => connection.name === 'live');
  useEffect(() => {
    // Read positions that changed before this view was shown, or while the connection was down.
    if (isLive) chat.loadReceipts(conversationId).catch(() => undefined);
  }, [chat, conversationId, isLive]);
  const toEnd = useCallback(() => list.current?.toEnd(), []);
  const toOwnLast = useCallback(() => list.current?.focusOwnLast(), []);
  if (!conversation) {
    return (
      <div className="start">
        <h1>{t('conversationMissing')}</h1>
        <p className="muted">{t('conversationMissingLead')}</p>
      </div>
    );
  }
  const title = titleOf(conversation);
  const { role } = conversation.membership ?? { role: 'member' };
  const isReadOnly = conversation.announceOnly && role === 'member';
  return (
    <div className={showsDetails ? 'conversation conversation-with-details' : 'conversation'}>
      <section className="conversation-main" aria-label={title}>
        <ConversationHeader
          conversation={conversation}
          showsDetails={showsDetails}
          onDetails={() => setShowsDetails(!showsDetails)}
        />
        <MessageList
          conversationId={conversationId}
          title={title}
          isAttended={isAttended}
          onLeave={() => field.current?.focus()}
          handle={list}
        />
        <TypingLine conversationId={conversationId} />
        {isReadOnly ? (
          <p className="read-only">{t('announceOnlyNote')}</p>
        ) : (
          <Composer field={field} conversationId={conversationId} title={title} onSent={toEnd} onOwnLast={toOwnLast} />
        )}
        <Announcer conversationId={conversationId} />
      </section>
      <Suspense fallback={null}>
        {showsDetails && <Details conversation={conversation} onClose={() => setShowsDetails(false)} />}
      </Suspense>
    </div>
  );
}
