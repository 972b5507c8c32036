import { t } from '../strings/strings.ts';

/** A button that shows the next page of a list, if there is one. */
export function MoreButton({ more }: { more: (() => void) | null }) {
  if (!more) return null;
  return (
    <button type="button" className="text-button" onClick={more}>
      {t('showMore')}
    </button>
  );
}
