import { t } from '../strings/strings.ts';
import { useChat } from './use-chat.ts';

/** Says that a proxy or a network answers in place of the server, and links to its sign-in page. */
export function InterceptedBar() {
  const isIntercepted = useChat((chat) => chat.isIntercepted);
  return (
    <div className="connection-bar" role="status" hidden={!isIntercepted} data-state="waiting">
      {isIntercepted && (
        <>
          {t('intercepted')}
          {/* The service worker does not serve this address from its cache; the page removes the parameter again. */}
          <a href="?sign-in">{t('interceptedSignIn')}</a>
        </>
      )}
    </div>
  );
}
