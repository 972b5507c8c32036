import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { VListHandle } from 'virtua';
import type { Row } from './rows.ts';
import { StickyEnd } from './sticky-end.ts';
import type { Timeline, TimelineView } from './timeline.ts';

/** The next page is loaded when fewer pixels than this are left to scroll. */
const loadAheadPx = 1_200;

interface Scrolled {
  timeline: Timeline;
  view: TimelineView;
  rows: readonly Row[];
  list: RefObject<VListHandle | null>;
  scroller: RefObject<HTMLElement | null>;
}

/**
 * Where the list of messages is scrolled to: at its end or not, and the last entry in view. Call `update` when the list
 * scrolls. Loads the next page in time, and keeps the end in view until the person scrolls up.
 */
export function useScrollPosition({ timeline, view, rows, list, scroller }: Scrolled) {
  const [end] = useState(() => new StickyEnd(scroller));
  const [isAtEnd, setAtEnd] = useState(false);
  const [seen, setSeen] = useState<Row['position']>(null);
  useOpeningPosition(view.generation, rows, list, end);
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs after every change of the rows.
  useLayoutEffect(end.stay, [rows, end]);

  const update = () => {
    const { current } = list;
    if (!current || !view.isLoaded) return;
    const { scrollOffset, scrollSize, viewportSize } = current;
    const below = scrollSize - viewportSize - scrollOffset;
    const isEnd = end.update(view.hasEnd);
    timeline.isAtEnd = isEnd;
    setAtEnd(isEnd);
    setSeen(lastInView(rows, current.findItemIndex(scrollOffset + viewportSize - 1), isEnd));
    if (scrollOffset < loadAheadPx && !view.hasStart) void timeline.loadOlder();
    if (below < loadAheadPx && !view.hasEnd) void timeline.loadNewer();
  };
  // After every render: a page that does not fill the viewport causes no scroll event.
  useEffect(update);
  useEffect(() => end.observe(), [end]);

  const toEnd = async () => {
    await timeline.loadEnd();
    end.hold(true);
    end.stay();
    setAtEnd(true);
  };
  return { isAtEnd, seen, update, toEnd };
}

/** Scrolls each newly loaded part of the conversation to its first unread message, or else to its end. */
function useOpeningPosition(
  generation: number,
  rows: readonly Row[],
  list: RefObject<VListHandle | null>,
  end: StickyEnd,
): void {
  const shownGeneration = useRef(0);
  useLayoutEffect(() => {
    if (generation === shownGeneration.current || rows.length === 0) return;
    shownGeneration.current = generation;
    const unread = rows.findIndex(({ startsUnread }) => startsUnread);
    end.hold(unread < 0);
    if (unread >= 0) list.current?.scrollToIndex(unread, { align: 'start', offset: -48 });
  }, [generation, rows, list, end]);
}

/** The position of the last row in view, or of the last row of all if the end is in view. */
function lastInView(rows: readonly Row[], index: number, isEnd: boolean): Row['position'] {
  for (let at = isEnd ? rows.length - 1 : index; at >= 0; at--) {
    const position = rows[at]?.position;
    if (position) return position;
  }
  return null;
}
