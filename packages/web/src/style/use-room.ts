import { useSyncExternalStore } from 'react';

/** The same widths as in the style sheets. */
const narrow = {
  /** The list and a conversation do not fit side by side. */
  list: matchMedia('(max-width: 44rem)'),
  /** A conversation and its details do not fit side by side. */
  details: matchMedia('(max-width: 64rem)'),
};

/** Whether a view is alone on the page because nothing fits beside it. */
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
