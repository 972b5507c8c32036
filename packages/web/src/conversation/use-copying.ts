import { type RefObject, useEffect, useRef, useState } from 'react';
import { useChatItself } from '../chat/use-chat.ts';
import { copiedText } from './copied-text.ts';
import type { Row } from './rows.ts';
import { selectedRows } from './selected-rows.ts';
import { shownText } from './shown-text.ts';

const nothing: readonly string[] = [];

/**
 * Copies selections over several messages as clean text with names and times. Returns the keys of the rows in which the
 * selection begins and ends: while they stay in the document, the selection survives scrolling.
 */
export function useCopying(rows: readonly Row[], scroller: RefObject<HTMLElement | null>): readonly string[] {
  const chat = useChatItself();
  const [ends, setEnds] = useState(nothing);
  const shown = useRef(rows);
  useEffect(() => {
    shown.current = rows;
  }, [rows]);
  useEffect(() => {
    const onCopy = (event: ClipboardEvent) => {
      const selection = getSelection();
      const list = scroller.current;
      const isField = event.target instanceof Element && event.target.closest('input, textarea') !== null;
      if (!selection || selection.rangeCount === 0 || selection.isCollapsed || !list || isField) return;
      const copied = selectedRows(selection.getRangeAt(0), list, shown.current);
      const [first] = copied;
      if (!first) return;
      event.preventDefault();
      const nameOf = (userId: string) => chat.people.shownNameOf(userId);
      const { row, part } = first;
      const isOneText = copied.length === 1 && row.kind === 'message';
      const text = isOneText ? (part ?? shownText(row, nameOf)) : copiedText(copied, nameOf);
      event.clipboardData?.setData('text/plain', text);
    };
    const onSelection = () => {
      const selection = getSelection();
      const isEmpty = !selection || selection.isCollapsed;
      const next = isEmpty ? [] : [selection.anchorNode, selection.focusNode].flatMap(rowKeyOf);
      setEnds((before) => (before.join() === next.join() ? before : next));
    };
    document.addEventListener('copy', onCopy);
    document.addEventListener('selectionchange', onSelection);
    return () => {
      document.removeEventListener('copy', onCopy);
      document.removeEventListener('selectionchange', onSelection);
    };
  }, [chat, scroller]);
  return ends;
}

function rowKeyOf(node: Node | null): string[] {
  const element = node instanceof Element ? node : node?.parentElement;
  const key = element?.closest<HTMLElement>('[data-row]')?.dataset['row'];
  return key === undefined ? [] : [key];
}
