import type { ResponseOf } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { RequestFailed } from '../chat/engine-link.ts';
import { failureText } from '../chat/failure-text.ts';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { ConversationAvatar } from '../people/conversation-avatar.tsx';
import { titleOf } from '../strings/conversation-title.ts';
import { t } from '../strings/strings.ts';
import { ViewHead } from '../style/view-head.tsx';

type Conversation = ResponseOf<'getConversation'>;

/** The codes by which the server refuses a conversation that the person may not know of, and an id that can't be one. */
const missing = new Set(['not_found', 'invalid_request']);

/**
 * A conversation that is not in the person's list: an offer to join if it is a public channel. Every other one looks
 * the same, whether it exists or not.
 */
export default function OtherConversation({ conversationId }: { conversationId: string }) {
  const { found, failure, retry } = useFound(conversationId);
  if (failure !== '') {
    return (
      <div className="start">
        <p role="alert">{failure}</p>
        <button type="button" className="button" onClick={retry}>
          {t('tryAgain')}
        </button>
      </div>
    );
  }
  // A conversation of the person that has not arrived in the list yet.
  if (found === null || (found !== 'missing' && found.membership !== null)) {
    return (
      <p className="messages-note" role="status">
        {t('loadingMessages')}
      </p>
    );
  }
  if (found !== 'missing') return <JoinOffer channel={found} />;
  return (
    <div className="start">
      <h1>{t('conversationMissing')}</h1>
      <p className="muted">{t('conversationMissingLead')}</p>
    </div>
  );
}

/** Offers to join a channel. The page shows it, at the message of the address, as soon as the person is a member. */
function JoinOffer({ channel }: { channel: Conversation }) {
  const chat = useChatItself();
  const [failure, setFailure] = useState('');
  const title = titleOf(channel);
  const join = () => {
    setFailure('');
    chat.request('join', channel.id).catch((error: unknown) => setFailure(failureText(error)));
  };
  return (
    <section className="page" aria-label={title}>
      <ViewHead>
        <ConversationAvatar conversation={channel} />
        <h1>
          <bdi>{title}</bdi>
        </h1>
      </ViewHead>
      <div className="page-body stack">
        {channel.description !== '' && <p dir="auto">{channel.description}</p>}
        <p className="muted">{t('memberCount', { count: channel.memberCount })}</p>
        <p>{t('joinOffer')}</p>
        <div className="form-foot">
          <button type="button" className="button primary" onClick={join}>
            {t('join')}
          </button>
        </div>
        <p className="failure" role="alert">
          {failure}
        </p>
      </div>
    </section>
  );
}

/** Reads a conversation from the server, again whenever the connection comes back. */
function useFound(conversationId: string) {
  const chat = useChatItself();
  const isLive = useChat(({ connection }) => connection.name === 'live');
  const [attempts, setAttempts] = useState(0);
  const [found, setFound] = useState<Conversation | 'missing' | null>(null);
  const [failure, setFailure] = useState('');
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt, and each new connection, reads it again.
  useEffect(() => {
    let isCurrent = true;
    const take = (next: Conversation | 'missing' | null, reason: string) => {
      if (!isCurrent) return;
      setFound(next);
      setFailure(reason);
    };
    chat.operation('getConversation', { conversationId }).then(
      (conversation) => take(conversation, ''),
      (error: unknown) => {
        const isMissing = error instanceof RequestFailed && missing.has(error.code);
        take(isMissing ? 'missing' : null, isMissing ? '' : failureText(error));
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [chat, conversationId, isLive, attempts]);
  return { found, failure, retry: () => setAttempts(attempts + 1) };
}
