import { readMessageLink } from '@parley/protocol';
import { type MouseEvent, useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import type { Place, PlaceState } from './place.ts';
import type { Timeline } from './timeline.ts';

/**
 * Goes to each place that the address names. Returns a function that goes to the end, and removes the place from the
 * address.
 */
export function useGoToPlace(
  conversationId: string,
  place: Place | null,
  timeline: Timeline,
  toEnd: () => Promise<void>,
): () => void {
  const [, navigate] = useLocation();
  const shown = useRef(place);
  const goToEnd = useRef(toEnd);
  useEffect(() => {
    goToEnd.current = toEnd;
  });
  useEffect(() => {
    if (shown.current === place) return;
    shown.current = place;
    void (place ? timeline.goTo(place) : goToEnd.current());
  }, [place, timeline]);
  return () => {
    // The back button leads from the end to the message of a link again.
    if (place) navigate(`/c/${conversationId}`, { replace: !place.isLink });
    else void toEnd();
  };
}

/**
 * Returns a handler that opens links to conversations and messages of this server in this page. The back button then
 * returns to the entry `readingSeq`.
 */
export function useOnLink(readingSeq: number | undefined): (event: MouseEvent) => void {
  const [path, navigate] = useLocation();
  return (event) => {
    const { target } = event;
    const anchor = target instanceof Element ? target.closest<HTMLAnchorElement>('a[href]') : null;
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!anchor || !isPlain || readMessageLink(anchor.href)?.server !== location.origin) return;
    event.preventDefault();
    if (readingSeq !== undefined)
      navigate(path, { replace: true, state: { reading: readingSeq } satisfies PlaceState });
    navigate(anchor.pathname, { state: {} satisfies PlaceState });
  };
}
