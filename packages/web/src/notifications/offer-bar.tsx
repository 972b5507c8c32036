import { useSyncExternalStore } from 'react';
import { t } from '../strings/strings.ts';
import { allowNotifications, declineOffer, isOfferOpen, subscribeToOffer } from './offer.ts';

/** Offers to turn on notifications, in a bar that does not block the page. */
export function OfferBar() {
  const isOpen = useSyncExternalStore(subscribeToOffer, isOfferOpen);
  if (!isOpen) return null;
  return (
    <section className="offer-bar" aria-label={t('notifications')}>
      <p>{t('notificationsAsk')}</p>
      <button type="button" className="button primary" onClick={() => void allowNotifications()}>
        {t('notificationsAllow')}
      </button>
      <button type="button" className="button" onClick={declineOffer}>
        {t('notNow')}
      </button>
    </section>
  );
}
