import { useSyncExternalStore } from 'react';

/** As in the style sheets. */
const narrow = {
  /** The list or a conversation, not both. */
  list: matchMedia('(max-width: 44rem)'),
  /** A conversation or its details, not both. */
  details: matchMedia('(max-width: 64rem)'),
};

/** Whether there is no room for this beside what else there is. */
export function useAlone(place: keyof typeof narrow): boolean {
  const media = narrow[place];
  return useSyncExternalStore(
    (listener) => {
      media.addEventListener('change', listener);
      return () => media.removeEventListener('change', listener);
    },
    () => media.matches,
  );
}
