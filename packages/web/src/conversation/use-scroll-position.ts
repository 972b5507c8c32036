import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { VListHandle } from 'virtua';
import type { Row } from './rows.ts';
import { StickyEnd, viewportOf } from './sticky-end.ts';
import type { Timeline } from './timeline.ts';
import type { TimelineView } from './timeline-view.ts';

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
 * scrolls, and `follow` when its rows or its viewport change their size. Loads the next page in time, and keeps the end in
 * view until the person scrolls up.
 */
export function useScrollPosition({ timeline, view, rows, list, scroller }: Scrolled) {
  const [end] = useState(() => new StickyEnd(scroller, list));
  const [isAtEnd, setAtEnd] = useState(false);
  const [seen, setSeen] = useState<Row['position']>(null);
  useOpeningPosition(view, rows, list, end);
  const { generation } = view;
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs after every change of the rows, and in every new list.
  useLayoutEffect(end.stay, [rows, generation, end]);

  const update = () => {
    const { current } = list;
    const viewport = viewportOf(scroller.current);
    if (!current || !viewport || !view.isLoaded) return;
    const isEnd = end.update(view.hasEnd);
    timeline.isAtEnd = isEnd;
    setAtEnd(isEnd);
    // The offset that the list reports is outdated between a measurement of rows and the scroll event that follows.
    const { scrollTop, clientHeight } = viewport;
    const index = isEnd ? rows.length - 1 : current.findItemIndex(scrollTop + clientHeight - 1);
    if (isEnd || isMeasured(viewport, rows[index])) {
      const position = lastPosition(rows, index);
      timeline.seenSeq = position?.seq ?? null;
      setSeen(position);
    }
    const below = current.scrollSize - clientHeight - scrollTop;
    if (scrollTop < loadAheadPx && !view.hasStart) void timeline.loadOlder();
    if (below < loadAheadPx && !view.hasEnd) void timeline.loadNewer();
  };
  const latest = useRef(update);
  // After every render: a page that does not fill the viewport causes no scroll event.
  useEffect(() => {
    latest.current = update;
    update();
  });
  const follow = () => {
    end.stay();
    // Not at once: a list that scrolls to a place has not scrolled by the change yet.
    requestAnimationFrame(() => latest.current());
  };

  const toEnd = async () => {
    await timeline.loadEnd();
    end.hold(true);
    end.stay();
    setAtEnd(true);
  };
  return { isAtEnd, seen, update, follow, toEnd };
}

/**
 * Scrolls to each place that is to be shown, and each newly loaded part of the conversation without one to its first
 * unread message, or else to its end.
 */
function useOpeningPosition(
  { generation, target }: TimelineView,
  rows: readonly Row[],
  list: RefObject<VListHandle | null>,
  end: StickyEnd,
): void {
  const before = useRef<Pick<TimelineView, 'generation' | 'target'>>({ generation: 0, target: null });
  useLayoutEffect(() => {
    const isNewPart = generation !== before.current.generation;
    const isNewTarget = target !== before.current.target;
    if (rows.length === 0 || !(isNewPart || isNewTarget)) return;
    before.current = { generation, target };
    if (target?.outcome === 'shown') {
      end.hold(false);
      const index = rows.findIndex(({ position }) => position?.seq === target.seq);
      list.current?.scrollToIndex(index, { align: target.isLink ? 'center' : 'end' });
    } else if (isNewPart) {
      const unread = rows.findIndex(({ startsUnread }) => startsUnread);
      end.hold(unread < 0);
      if (unread >= 0) list.current?.scrollToIndex(unread, { align: 'start', offset: -48 });
    }
  }, [generation, target, rows, list, end]);
}

/** Whether a row has its final place. Until then it is hidden, and other rows may be in view than seem to be. */
function isMeasured(viewport: HTMLElement, row: Row | undefined): boolean {
  const element = row && viewport.querySelector(`[data-row="${CSS.escape(row.key)}"]`);
  return element?.parentElement !== undefined && element.parentElement?.style.visibility !== 'hidden';
}

/** The position of the row at an index, or else of the last one above it that has one. */
function lastPosition(rows: readonly Row[], index: number): Row['position'] {
  for (let at = index; at >= 0; at--) {
    const position = rows[at]?.position;
    if (position) return position;
  }
  return null;
}
