import { useLayoutEffect, useMemo, useRef } from 'react';
import { useChat } from '../chat/use-chat.ts';
import { type Row, rowsOf } from './rows.ts';
import type { TimelineView } from './timeline-view.ts';

/** The rows of the loaded entries. Messages that are not sent yet follow the conversation's last entry. */
export function useRows(conversationId: string, view: TimelineView): readonly Row[] {
  const me = useChat(({ account }) => account?.id ?? '');
  const pending = useChat((one) => one.outgoing.of(conversationId));
  const readSeq = useChat((one) => one.readByOthers(conversationId));
  const { entries, hasEnd, unreadFrom } = view;
  return useMemo(
    () => rowsOf({ entries, pending: hasEnd ? pending : [], me, unreadFrom, readSeq }),
    [entries, pending, hasEnd, me, unreadFrom, readSeq],
  );
}

/** Whether this change added or removed rows at the start: the list then keeps its distance from the end. */
export function useShift(rows: readonly Row[]): boolean {
  const before = useRef<readonly Row[]>([]);
  const shift = useMemo(() => {
    const previous = before.current;
    const first = previous[0]?.key;
    return previous.length > 0 && first !== rows[0]?.key && previous.at(-1)?.key === rows.at(-1)?.key;
  }, [rows]);
  useLayoutEffect(() => {
    before.current = rows;
  }, [rows]);
  return shift;
}
