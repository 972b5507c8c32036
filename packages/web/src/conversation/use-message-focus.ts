import { type FocusEvent, type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { VListHandle } from 'virtua';
import type { Row } from './rows.ts';

/** A row that is added to the document is hidden until it was measured, and can't have the focus until then. */
const framesMax = 60;

export interface MessageFocus {
  /** The row that the Tab key reaches: the focused one, or else the last message in view. */
  activeKey: string | undefined;
  /** The row that has the focus, or is to get it. It must stay in the document. */
  focusedKey: string | null;
  /** Moves the focus to a row, without scrolling. */
  focus(key: string): void;
  /** Scrolls to a row if it is out of view, and moves the focus there. */
  show(index: number): void;
  /** Moves the focus to the next message in a direction. Returns whether there is one. */
  move(by: 1 | -1): boolean;
  onFocus(event: FocusEvent): void;
  onBlur(event: FocusEvent): void;
}

interface Focusable {
  rows: readonly Row[];
  /** The position of the last row in view. */
  seen: Row['position'];
  list: RefObject<VListHandle | null>;
  scroller: RefObject<HTMLElement | null>;
}

/**
 * The focus within the list of messages, of which one at a time is reached by the Tab key. The focused row must stay in
 * the document: see `focusedKey`. If it is removed from the list, the focus moves to the last message in view.
 */
export function useMessageFocus({ rows, seen, list, scroller }: Focusable): MessageFocus {
  const [focusedKey, setFocusedKey] = useState<string | null>(null);
  /** The row that is to get the focus. */
  const wanted = useRef<string | null>(null);
  const focusedAt = focusedKey === null ? -1 : rows.findIndex(({ key }) => key === focusedKey);
  const activeKey = focusedAt >= 0 ? rows[focusedAt]?.key : lastMessage(rows, seen)?.key;

  const focus = useCallback(
    (key: string) => {
      wanted.current = key;
      // The row stays in the document from now on.
      setFocusedKey(key);
      const attempt = (framesLeft: number) => {
        if (wanted.current !== key) return;
        const element = elementOf(scroller.current, key);
        element?.focus({ preventScroll: true });
        if (framesLeft === 0 || (element && element === document.activeElement)) wanted.current = null;
        else requestAnimationFrame(() => attempt(framesLeft - 1));
      };
      attempt(framesMax);
    },
    [scroller],
  );
  const show = (index: number) => {
    list.current?.scrollToIndex(index, { align: 'nearest' });
    const key = rows[index]?.key;
    if (key !== undefined) focus(key);
  };

  useEffect(() => {
    if (focusedKey === null || focusedAt >= 0) return;
    setFocusedKey(null);
    const isLost = document.activeElement === document.body || document.activeElement === null;
    if (isLost && activeKey !== undefined) focus(activeKey);
  }, [focusedKey, focusedAt, activeKey, focus]);

  return {
    activeKey,
    focusedKey,
    focus,
    show,
    move(by) {
      const from = focusedAt < 0 ? rows.findIndex(({ key }) => key === activeKey) : focusedAt;
      for (let at = from + by; at >= 0 && at < rows.length; at += by) {
        if (rows[at]?.kind !== 'message') continue;
        show(at);
        return true;
      }
      return false;
    },
    onFocus(event) {
      const key = keyOf(event.target);
      if (key !== undefined) setFocusedKey(key);
    },
    onBlur(event) {
      // A window that loses the focus gives it back to the same element.
      if (document.activeElement === event.target) return;
      const next = event.relatedTarget;
      if (!(next instanceof Node && scroller.current?.contains(next))) setFocusedKey(null);
    },
  };
}

/** The key of the row that an element is part of. */
export function keyOf(target: EventTarget | null): string | undefined {
  return target instanceof Element ? target.closest<HTMLElement>('[data-key]')?.dataset['key'] : undefined;
}

function elementOf(scroller: HTMLElement | null, key: string): HTMLElement | null {
  return scroller?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`) ?? null;
}

/** The last message up to a position, or else the last one of all. */
function lastMessage(rows: readonly Row[], seen: Row['position']): Row | undefined {
  const isMessage = (row: Row) => row.kind === 'message';
  const isSeen = ({ position }: Row) => seen === null || (position !== null && position.seq <= seen.seq);
  return rows.findLast((row) => isMessage(row) && isSeen(row)) ?? rows.findLast(isMessage);
}
