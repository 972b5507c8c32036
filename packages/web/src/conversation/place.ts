import { entryNumber } from '@parley/protocol';
import { useMemo } from 'react';
import { useHistoryState } from 'wouter/use-browser-location';

/** Where in a conversation to go. */
export interface Place {
  /** The number of an entry; null for a link whose number is none. */
  seq: number | null;
  /** Whether a link leads to the entry. It is then marked and announced. Otherwise the person was reading there. */
  isLink: boolean;
}

/** What the browser keeps with an address: the last entry that was in view when the person left it by a link. */
export interface PlaceState {
  reading?: number;
}

/**
 * The place that the address names: an entry by its number, or the place that the person returns to by the browser's
 * back and forward buttons. Null: the conversation itself. Every navigation makes a new object, also one to the same
 * address.
 */
export function usePlace(number: string | undefined): Place | null {
  const state = useHistoryState<PlaceState | null>();
  return useMemo(() => {
    if (state?.reading !== undefined) return { seq: state.reading, isLink: false };
    return number === undefined ? null : { seq: entryNumber(number), isLink: true };
  }, [state, number]);
}
