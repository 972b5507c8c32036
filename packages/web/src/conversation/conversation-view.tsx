import { Suspense, useEffect, useRef, useState } from 'react';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { useFocusLater } from '../composer/use-focus-later.ts';
import { laterPart } from '../faults/later-part.ts';
import { Overlay } from '../faults/overlay.tsx';
import { useIsAttended } from '../notifications/attention.ts';
import { useWatch } from '../people/use-watch.ts';
import { titleOf } from '../strings/conversation-title.ts';
import { Announcer } from './announcer.tsx';
import { ConversationHeader } from './conversation-header.tsx';
import { MessageList, type MessageListHandle } from './message-list.tsx';
import { usePlace } from './place.ts';
import { TypingLine } from './typing-line.tsx';
import { useEditing } from './use-editing.ts';
import { useReplying } from './use-replying.ts';
import { Writing } from './writing.tsx';

const Details = laterPart(() => import('../details/details.tsx'));
const OtherConversation = laterPart(() => import('./other-conversation.tsx'));

interface ConversationViewProps {
  conversationId: string;
  /** The number of the message that a link leads to, as the address has it. */
  number: string | undefined;
}

/** One conversation: its header, its messages and the composer. */
export default function ConversationView({ conversationId, number }: ConversationViewProps) {
  const place = usePlace(number);
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
  const focusField = useFocusLater(field);
  const editing = useEditing(conversationId, focusField);
  const reply = useReplying(conversationId, focusField, editing.leave);
  if (!conversation) {
    return (
      <Suspense fallback={null}>
        <OtherConversation conversationId={conversationId} />
      </Suspense>
    );
  }
  const title = titleOf(conversation);
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
          place={place}
          isAttended={isAttended}
          editing={editing}
          onReply={reply}
          onLeave={() => field.current?.focus()}
          handle={list}
        />
        <TypingLine conversationId={conversationId} />
        <Writing conversation={conversation} editing={editing} field={field} list={list} />
        <Announcer conversationId={conversationId} />
      </section>
      <Overlay onClose={() => setShowsDetails(false)}>
        {showsDetails && <Details conversation={conversation} onClose={() => setShowsDetails(false)} />}
      </Overlay>
    </div>
  );
}
