import { cutText } from '@parley/protocol/graphemes';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Chat } from '../chat/chat.ts';
import { useChat } from '../chat/use-chat.ts';
import { noticeText } from '../strings/notice-text.ts';
import { t } from '../strings/strings.ts';
import { clockTime } from '../strings/times.ts';
import type { Row } from './rows.ts';
import { shownText } from './shown-text.ts';
import type { Target } from './timeline-view.ts';

/** The style sheet fades the mark within this time. */
const markMs = 3_000;
const announcedMax = 500;

interface Mark {
  /** The row that is marked now. */
  key: string | null;
  /** What screen readers announce. */
  announced: string;
}

/**
 * Marks the entry that a link led to for a moment, announces it, and moves the focus there.
 *
 * @param onMissing gets the reason why a place is not shown; empty when it is.
 */
export function useMark(
  target: Target | null,
  rows: readonly Row[],
  focus: (key: string) => void,
  onMissing: (reason: string) => void,
): Mark {
  const [row, setRow] = useState<Row | null>(null);
  const [isMarked, setMarked] = useState(false);
  const taken = useRef<Target | null>(null);
  const isMissing = useRef(false);
  useEffect(() => {
    if (target === taken.current) return;
    taken.current = target;
    const reason = reasonFor(target);
    // Another note, which has nothing to do with places, stays.
    if (reason !== '' || isMissing.current) onMissing(reason);
    isMissing.current = reason !== '';
    const found = target?.outcome === 'shown' ? rows.find(({ position }) => position?.seq === target.seq) : undefined;
    if (!found || !target?.isLink) return;
    focus(found.key);
    setRow(found);
    setMarked(true);
  }, [target, rows, focus, onMissing]);
  useEffect(() => {
    if (!isMarked || !row) return;
    const timer = setTimeout(() => setMarked(false), markMs);
    return () => clearTimeout(timer);
  }, [isMarked, row]);
  const announced = useChat((chat) => (row ? announcement(row, chat) : ''));
  // The text of a message that was changed or deleted since must not stay on the page.
  const isPresent = useMemo(() => row !== null && rows.some((each) => haveSameText(each, row)), [rows, row]);
  return { key: isMarked && row ? row.key : null, announced: isPresent ? announced : '' };
}

function reasonFor(target: Target | null): string {
  if (!target?.isLink || target.outcome === 'shown') return '';
  return t(target.outcome === 'missing' ? 'messageMissing' : 'messageAway');
}

function haveSameText(a: Row, b: Row): boolean {
  return a.key === b.key && (a.kind !== 'message' || b.kind !== 'message' || a.text === b.text);
}

function announcement(row: Row, chat: Chat): string {
  const nameOf = (userId: string) => chat.people.shownNameOf(userId);
  if (row.kind !== 'message') return t('openedAtNotice', { text: noticeText(row.entry, nameOf) });
  const text = cutText(shownText(row, nameOf), announcedMax);
  return t('openedAt', { name: nameOf(row.senderId), time: clockTime(row.atMs), text });
}
