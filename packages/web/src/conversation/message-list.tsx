import { ArrowDown } from 'lucide-react';
import { type RefObject, useEffect, useImperativeHandle, useRef } from 'react';
import { VList, type VListHandle } from 'virtua';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { t } from '../strings/strings.ts';
import { RowView } from './message-row.tsx';
import type { Row } from './rows.ts';
import type { TimelineView } from './timeline.ts';
import { useRows, useShift } from './use-rows.ts';
import { useScrollPosition } from './use-scroll-position.ts';
import { useTimeline } from './use-timeline.ts';

export interface MessageListHandle {
  toEnd(): void;
  focusOwnLast(): void;
}

interface MessageListProps {
  conversationId: string;
  title: string;
  isAttended: boolean;
  /** The person leaves the list by Escape. */
  onLeave(): void;
  handle: RefObject<MessageListHandle | null>;
}

/** The messages of a conversation. Only those near the viewport are in the document. */
export function MessageList({ conversationId, title, isAttended, onLeave, handle }: MessageListProps) {
  const { timeline, view } = useTimeline(conversationId);
  const rows = useRows(conversationId, view);
  const shift = useShift(rows);
  const list = useRef<VListHandle>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const { isAtEnd, seen, update, toEnd } = useScrollPosition({ timeline, view, rows, list, scroller });
  useMarkRead(conversationId, isAttended ? seen?.seq : undefined);
  const focusOwnLast = useFocusOwnLast(rows, list, scroller);
  useImperativeHandle(handle, () => ({ toEnd: () => void toEnd(), focusOwnLast }));

  const isWithoutMessages = view.hasStart && view.hasEnd && !rows.some(({ kind }) => kind === 'message');
  return (
    <div className="messages" ref={scroller}>
      <LoadingNote view={view} onRetry={() => timeline.retry()} />
      <VList
        ref={list}
        className="message-list"
        data={rows}
        shift={shift}
        bufferSize={600}
        onScroll={update}
        onScrollEnd={update}
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
            {index === 0 && <BeforeFirstRow view={view} conversationId={conversationId} title={title} />}
            <RowView row={row} conversationId={conversationId} />
            {index === rows.length - 1 && isWithoutMessages && (
              <p className="conversation-start">{t('firstMessageHint')}</p>
            )}
          </div>
        )}
      </VList>
      {view.isLoaded && !isAtEnd && rows.length > 0 && (
        <ToLatest conversationId={conversationId} seen={seen} onClick={() => void toEnd()} />
      )}
    </div>
  );
}

/** Reports how far the person has read; undefined: the person is not looking. */
function useMarkRead(conversationId: string, seenSeq: number | undefined): void {
  const chat = useChatItself();
  useEffect(() => {
    if (seenSeq !== undefined) void chat.request('markRead', conversationId, seenSeq);
  }, [chat, conversationId, seenSeq]);
}

/** Returns what focuses the person's own newest message. */
function useFocusOwnLast(
  rows: readonly Row[],
  list: RefObject<VListHandle | null>,
  scroller: RefObject<HTMLElement | null>,
): () => void {
  const me = useChat(({ account }) => account?.id ?? '');
  return () => {
    const index = rows.findLastIndex((row) => row.kind === 'message' && row.senderId === me);
    if (index < 0) return;
    list.current?.scrollToIndex(index, { align: 'nearest' });
    requestAnimationFrame(() => focusRow(scroller.current, rows[index]));
  };
}

function LoadingNote({ view, onRetry }: { view: TimelineView; onRetry(): void }) {
  if (view.hasFailed) {
    return (
      <p className="messages-note" role="alert">
        {t('notLoaded')}{' '}
        <button type="button" className="text-button" onClick={onRetry}>
          {t('tryAgain')}
        </button>
      </p>
    );
  }
  if (view.isLoaded) return null;
  return (
    <p className="messages-note" role="status">
      {t('loadingMessages')}
    </p>
  );
}

interface BeforeFirstRowProps {
  view: TimelineView;
  conversationId: string;
  title: string;
}

/** Says that the conversation starts here, or that older messages can't be loaded now. */
function BeforeFirstRow({ view, conversationId, title }: BeforeFirstRowProps) {
  const isDirect = useChat((one) => one.conversations.get(conversationId)?.kind === 'direct');
  return (
    <>
      {view.hasStart && !isDirect && <p className="conversation-start">{t('conversationStart', { title })}</p>}
      {view.startIsMissing && <p className="messages-note">{t('olderAway')}</p>}
    </>
  );
}

interface ToLatestProps {
  conversationId: string;
  seen: Row['position'];
  onClick(): void;
}

/** Goes to the end of the conversation. Says how many messages are below the viewport. */
function ToLatest({ conversationId, seen, onClick }: ToLatestProps) {
  const headCount = useChat((one) => one.conversations.get(conversationId)?.messageCount ?? 0);
  const below = seen ? Math.max(0, headCount - seen.messageCount) : 0;
  return (
    <button type="button" className="to-latest" onClick={onClick}>
      <ArrowDown aria-hidden="true" />
      {below > 0 ? t('jumpToLatestCount', { count: below }) : t('jumpToLatest')}
    </button>
  );
}

function focusRow(scroller: HTMLElement | null, row: Row | undefined): void {
  if (row) scroller?.querySelector<HTMLElement>(`[data-key="${CSS.escape(row.key)}"]`)?.focus();
}

/** Moves the focus between messages by the arrow keys. */
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
