import { t } from '../strings/strings.ts';
import { useChat, useChatItself } from './use-chat.ts';

/** Says that the server was restored from a backup, until the person closes the bar. */
export function RestoredBar() {
  const chat = useChatItself();
  const wasRestored = useChat((each) => each.wasRestored);
  if (!wasRestored) return null;
  return (
    <section className="offer-bar" role="status">
      <p>{t('serverRestored')}</p>
      <button type="button" className="button" onClick={() => void chat.request('restoredSeen')}>
        {t('close')}
      </button>
    </section>
  );
}
