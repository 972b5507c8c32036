import { t } from '../strings/strings.ts';
import { useChat } from './use-chat.ts';

/** Says that another tab of this browser runs another version of the page, and what to do about it. */
export function VersionBar() {
  const other = useChat((chat) => chat.otherVersion);
  if (other === null) return null;
  return (
    <section className="offer-bar" role="status">
      <p>{t(other === 'newer' ? 'newerVersion' : 'olderVersion')}</p>
      {other === 'newer' && (
        <button type="button" className="button" onClick={() => location.reload()}>
          {t('reload')}
        </button>
      )}
    </section>
  );
}
