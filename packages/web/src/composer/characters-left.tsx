import { t } from '../strings/strings.ts';

/** The number of characters left shows when it is at most this. */
const countedFrom = 500;

/** Says how many characters are left when they are few, or how many are too many. */
export function CharactersLeft({ count }: { count: number }) {
  const isShown = count <= countedFrom;
  const text = () => (count >= 0 ? t('charactersLeft', { count }) : t('charactersOver', { count: -count }));
  return (
    <p className={count < 0 ? 'counter counter-over' : 'counter'} role="status" hidden={!isShown}>
      {isShown ? text() : ''}
    </p>
  );
}
