import { ArrowDown } from 'lucide-react';
import {
  type RefObject,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { VList, type VListHandle } from 'virtua';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { t } from '../strings/strings.ts';
import { RowView } from './message-row.tsx';
import { type Row, rowsOf } from './rows.ts';
import { useTimeline } from './use-timeline.ts';

/** Pages are fetched when fewer pixels than this are left to scroll. */
const loadAheadPx = 1_200;
/** Within this of the end, the list stays at the end. */
const atEndPx = 24;

export interface MessageListHandle {
  toEnd(): void;
  focusOwnLast(): void;
}

interface MessageListProps {
  conversationId: string;
  title: string;
  isAttended: boolean;
  /** The person is done with going through messages. */
  onLeave(): void;
  handle: RefObject<MessageListHandle | null>;
}

/** The messages of one conversation, of which only those near the view are in the document. */
export function MessageList({ conversationId, title, isAttended, onLeave, handle }: MessageListProps) {
  const chat = useChatItself();
  const { timeline, view } = useTimeline(conversationId);
  const me = useChat(({ account }) => account?.id ?? '');
  const pending = useChat((one) => one.pendingOf(conversationId));
  const readSeq = useChat((one) => one.readByOthers(conversationId));
  const headCount = useChat((one) => one.conversations.get(conversationId)?.messageCount ?? 0);
  const isDirect = useChat((one) => one.conversations.get(conversationId)?.kind === 'direct');
  const list = useRef<VListHandle>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(false);
  const stick = useRef(false);
  /** How long the list was when its end was last shown. */
  const endPx = useRef(0);
  const { entries, hasEnd, hasStart, openAt, generation } = view;
  const rows = useMemo(
    () => rowsOf({ entries, pending: hasEnd ? pending : [], me, unreadFrom: openAt, readSeq }),
    [entries, pending, hasEnd, me, openAt, readSeq],
  );
  const shift = useShift(rows);
  const stayAtEnd = useCallback(() => {
    const viewport = viewportOf(scroller.current);
    if (!viewport || !stick.current) return;
    // Somebody has scrolled up, and the event that says so is on its way.
    const shownPx = viewport.scrollTop + viewport.clientHeight;
    if (shownPx < Math.min(endPx.current, viewport.scrollHeight) - atEndPx) return;
    // The list's own way to a row goes on for a while as rows are measured, and would take back who scrolls meanwhile.
    viewport.scrollTop = viewport.scrollHeight;
    endPx.current = viewport.scrollHeight;
  }, []);

  // A part of the conversation that is shown for the first time begins at the first unread message, or at its end.
  const shownGeneration = useRef(0);
  useLayoutEffect(() => {
    if (generation === shownGeneration.current || rows.length === 0) return;
    shownGeneration.current = generation;
    const unread = rows.findIndex(({ startsUnread }) => startsUnread);
    stick.current = unread < 0;
    endPx.current = 0;
    if (unread >= 0) list.current?.scrollToIndex(unread, { align: 'start', offset: -48 });
  }, [generation, rows]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever rows have changed.
  useLayoutEffect(stayAtEnd, [rows, stayAtEnd]);

  const check = () => {
    const { current } = list;
    if (!current || !view.isLoaded) return;
    const { scrollOffset, scrollSize, viewportSize } = current;
    const below = scrollSize - viewportSize - scrollOffset;
    // Whatever moves the end away brings it back at once; only who scrolls up is somewhere else.
    const viewport = viewportOf(scroller.current);
    const isEnd = hasEnd && viewport !== null && isEndShown(viewport);
    if (isEnd) endPx.current = viewport.scrollHeight;
    stick.current = isEnd;
    timeline.isAtEnd = isEnd;
    setAtEnd(isEnd);
    setSeen(lastInView(rows, current.findItemIndex(scrollOffset + viewportSize - 1), isEnd));
    if (scrollOffset < loadAheadPx && !hasStart) void timeline.loadOlder();
    if (below < loadAheadPx && !hasEnd) void timeline.loadNewer();
  };
  // After each change: a short page leaves room that no scrolling would ever report.
  useEffect(check);
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    // A smaller window, a taller composer, or rows taller than they were taken for, hide nothing at the end.
    const observer = new ResizeObserver(stayAtEnd);
    observer.observe(element);
    const content = viewportOf(element)?.firstElementChild;
    if (content) observer.observe(content);
    return () => observer.disconnect();
  }, [stayAtEnd]);

  const [seen, setSeen] = useState<Row['place']>(null);
  const seenSeq = seen?.seq;
  useEffect(() => {
    if (isAttended && seenSeq !== undefined) void chat.request('markRead', conversationId, seenSeq);
  }, [chat, conversationId, isAttended, seenSeq]);

  const toEnd = async () => {
    await timeline.loadEnd();
    stick.current = true;
    endPx.current = 0;
    stayAtEnd();
    setAtEnd(true);
  };
  useImperativeHandle(handle, () => ({
    toEnd: () => void toEnd(),
    focusOwnLast() {
      const index = rows.findLastIndex((row) => row.kind === 'message' && row.senderId === me);
      if (index < 0) return;
      list.current?.scrollToIndex(index, { align: 'nearest' });
      requestAnimationFrame(() => focusRow(scroller.current, rows[index]));
    },
  }));

  const isWithoutMessages = hasStart && hasEnd && !rows.some(({ kind }) => kind === 'message');
  const below = seen ? Math.max(0, headCount - seen.messageCount) : 0;
  return (
    <div className="messages" ref={scroller}>
      {!view.isLoaded && !view.hasFailed && (
        <p className="messages-note" role="status">
          {t('loadingMessages')}
        </p>
      )}
      {view.hasFailed && (
        <p className="messages-note" role="alert">
          {t('notLoaded')}{' '}
          <button type="button" className="text-button" onClick={() => timeline.retry()}>
            {t('tryAgain')}
          </button>
        </p>
      )}
      <VList
        ref={list}
        className="message-list"
        data={rows}
        shift={shift}
        bufferSize={600}
        onScroll={check}
        onScrollEnd={check}
        role="log"
        aria-live="off"
        aria-label={t('messages', { title })}
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onLeave();
          else moveFocus(event, scroller.current);
        }}
      >
        {(row: Row, index) => (
          <div key={row.key} className="row">
            {index === 0 && hasStart && !isDirect && (
              <p className="conversation-start">{t('conversationStart', { title })}</p>
            )}
            {index === 0 && view.startIsAway && <p className="messages-note">{t('olderAway')}</p>}
            <RowView row={row} conversationId={conversationId} />
            {index === rows.length - 1 && isWithoutMessages && (
              <p className="conversation-start">{t('firstMessageHint')}</p>
            )}
          </div>
        )}
      </VList>
      {view.isLoaded && !isAtEnd && rows.length > 0 && (
        <button type="button" className="to-latest" onClick={() => void toEnd()}>
          <ArrowDown aria-hidden="true" />
          {below > 0 ? t('jumpToLatestCount', { count: below }) : t('jumpToLatest')}
        </button>
      )}
    </div>
  );
}

/** What scrolls in the list. */
function viewportOf(scroller: HTMLElement | null): HTMLElement | null {
  return scroller?.querySelector<HTMLElement>('.message-list') ?? null;
}

function isEndShown({ scrollHeight, clientHeight, scrollTop }: HTMLElement): boolean {
  return scrollHeight - clientHeight - scrollTop <= atEndPx;
}

/** The place of the last row that shows; of the last of all at the end. */
function lastInView(rows: readonly Row[], index: number, isEnd: boolean): Row['place'] {
  for (let at = isEnd ? rows.length - 1 : index; at >= 0; at--) {
    const place = rows[at]?.place;
    if (place) return place;
  }
  return null;
}

/** Whether rows came or went at the start with this very change: then the list keeps its place from the end. */
function useShift(rows: readonly Row[]): boolean {
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

function focusRow(scroller: HTMLElement | null, row: Row | undefined): void {
  if (row) scroller?.querySelector<HTMLElement>(`[data-key="${CSS.escape(row.key)}"]`)?.focus();
}

/** Arrow keys go from message to message. */
function moveFocus(event: React.KeyboardEvent, scroller: HTMLElement | null): void {
  if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
  const messages = [...(scroller?.querySelectorAll<HTMLElement>('article.message') ?? [])];
  const at = messages.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return;
  event.preventDefault();
  const next = messages[at + (event.key === 'ArrowUp' ? -1 : 1)];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}
