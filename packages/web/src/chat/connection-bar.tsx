import type { ConnectionState } from '@parley/sdk';
import { useEffect, useState } from 'react';
import { t } from '../strings/strings.ts';
import { useChat, useChatItself } from './use-chat.ts';

/** A reconnect that takes less time than this is not shown. */
const quietMs = 1_000;

/** Shows the state of the connection unless it is live. */
export function ConnectionBar() {
  const chat = useChatItself();
  const connection = useChat(({ connection }) => connection);
  const isFine = useChat(({ isIntercepted }) => isIntercepted) || connection.name === 'live';
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    if (isFine) setShown(false);
    const timer = setTimeout(() => setShown(!isFine), quietMs);
    return () => clearTimeout(timer);
  }, [isFine]);
  const text = isShown && !isFine ? textOf(connection) : '';
  return (
    <div className="connection-bar" role="status" hidden={text === ''} data-state={connection.name}>
      {text}
      {text !== '' && isRetryable(connection) && (
        <button type="button" className="text-button" onClick={() => void chat.request('online')}>
          {t('connectionRetry')}
        </button>
      )}
    </div>
  );
}

/** Whether the user can make the client connect at once. */
function isRetryable({ name }: ConnectionState): boolean {
  return name === 'waiting' || name === 'stopped';
}

function textOf(connection: ConnectionState): string {
  switch (connection.name) {
    case 'live':
      return '';
    case 'catching-up':
      return t('connectionCatchingUp');
    case 'waiting':
      return t('connectionWaiting');
    case 'stopped':
      return t('connectionStopped', { reason: connection.reason });
    default:
      return t('connectionConnecting');
  }
}
