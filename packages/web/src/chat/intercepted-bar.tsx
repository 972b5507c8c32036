import { t } from '../strings/strings.ts';
import { useChat } from './use-chat.ts';

/** Says that a proxy or a network answers in the server's place, and leads to where one signs in. */
export function InterceptedBar() {
  const isIntercepted = useChat((chat) => chat.isIntercepted);
  return (
    <div className="connection-bar" role="status" hidden={!isIntercepted} data-state="waiting">
      {isIntercepted && (
        <>
          {t('intercepted')}
          {/* The service worker leaves this address to the network, and the page takes the mark off again. */}
          <a href="?sign-in">{t('interceptedSignIn')}</a>
        </>
      )}
    </div>
  );
}
