import { ArrowDown } from 'lucide-react';
import { type KeyboardEvent, type RefObject, useImperativeHandle, useRef } from 'react';
import { VList, type VListHandle } from 'virtua';
import { useChat } from '../chat/use-chat.ts';
import { hasFinePointer } from '../keys/fine-pointer.ts';
import { t } from '../strings/strings.ts';
import { takeActionKey } from './message-actions.ts';
import { MessageOverlays } from './message-overlays.tsx';
import { RowView } from './message-row.tsx';
import { Note, useNote } from './note.tsx';
import type { Place } from './place.ts';
import { type MessageRow, messageOf, type Row } from './rows.ts';
import type { TimelineView } from './timeline-view.ts';
import { useAmending } from './use-amending.ts';
import { useCopying } from './use-copying.ts';
import type { Editing } from './use-editing.ts';
import { useGoToPlace, useOnLink } from './use-go-to-place.ts';
import { useMark } from './use-mark.ts';
import { useMessageFocus } from './use-message-focus.ts';
import { useMessageMenu } from './use-message-menu.ts';
import { useMessageOverlay } from './use-message-overlay.ts';
import { useReading } from './use-reading.ts';
import { useRows, useShift } from './use-rows.ts';
import { useScrollPosition } from './use-scroll-position.ts';
import { useTimeline } from './use-timeline.ts';

export interface MessageListHandle {
  /** The person has written a message: shows the end, and reads on if the conversation was marked as unread. */
  written(): void;
  /** Edits the person's newest message or, if that is not possible, focuses it. */
  toOwnLast(): void;
  /** A message as it is now. */
  messageOf(key: string): MessageRow | undefined;
}

interface MessageListProps {
  conversationId: string;
  title: string;
  /** Where to go: see {@link usePlace}. */
  place: Place | null;
  isAttended: boolean;
  editing: Editing;
  /** Makes the draft a reply to the message with this number. */
  onReply(seq: number): void;
  /** The person leaves the list by a key. */
  onLeave(): void;
  handle: RefObject<MessageListHandle | null>;
}

/** The messages of a conversation. Only those near the viewport are in the document. */
export function MessageList(props: MessageListProps) {
  const { conversationId, title, place, isAttended, editing, onReply, onLeave, handle } = props;
  const { timeline, view } = useTimeline(conversationId, place);
  const rows = useRows(conversationId, view);
  const shift = useShift(rows);
  const list = useRef<VListHandle>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const { isAtEnd, seen, update, follow, toEnd } = useScrollPosition({ timeline, view, rows, list, scroller });
  const skipsUnread = useSkipsUnread(conversationId, view, isAtEnd);
  const focus = useMessageFocus({ rows, seen, list, scroller });
  const note = useNote();
  const mark = useMark(view.target, rows, focus.focus, note.keep);
  const leaveForEnd = useGoToPlace(conversationId, place, timeline, toEnd);
  const resumeReading = useReading(conversationId, timeline, isAttended && !skipsUnread ? seen?.seq : undefined);
  const overlay = useMessageOverlay();
  const menu = useMessageMenu(overlay);
  const selectionEnds = useCopying(rows, scroller);
  timeline.isHeld = selectionEnds.length > 0;
  const amending = useAmending({ conversationId, rows, view, editing, onReply, open: overlay.open, note });
  const toOwnLast = useToOwnLast(rows, focus.show, amending.editOwnLast);
  useHandle(handle, { resumeReading, leaveForEnd, toOwnLast, rows });
  const onLink = useOnLink(seen?.seq);

  const shared = { conversationId, onOpen: overlay.open, onChange: amending.context.change };
  const takesActionKey = (event: KeyboardEvent) => !menu.isOpen && takeActionKey(event, rows, amending.context);
  const onKeyDown = (event: KeyboardEvent) =>
    takesActionKey(event) || menu.takeKey(event) || takeKey(event, focus.move, onLeave, view.hasEnd);
  const isWithoutMessages = view.hasStart && view.hasEnd && !rows.some(({ kind }) => kind === 'message');
  return (
    <div className="messages" ref={scroller}>
      <LoadingNote view={view} onRetry={() => timeline.retry()} />
      <VList
        // A list goes on scrolling to a place while rows are measured, and knows the heights of its rows by their index.
        key={view.generation}
        ref={list}
        className="message-list"
        data={rows}
        shift={shift}
        bufferSize={600}
        keepMounted={indicesOf(rows, [focus.focusedKey, ...selectionEnds])}
        onScroll={update}
        onScrollEnd={update}
        onResize={follow}
        role="log"
        aria-live="off"
        aria-label={t('messages', { title })}
        tabIndex={focus.activeKey === undefined ? 0 : -1}
        onFocus={focus.onFocus}
        onBlur={focus.onBlur}
        onClick={onLink}
        {...menu.handlers}
        onKeyDown={onKeyDown}
      >
        {(row: Row, index) => (
          <div key={row.key} className="row" data-row={row.key}>
            {index === 0 && <BeforeFirstRow view={view} conversationId={conversationId} title={title} />}
            <RowView {...shared} row={row} isActive={row.key === focus.activeKey} isMarked={row.key === mark.key} />
            {index === rows.length - 1 && isWithoutMessages && <FirstMessageHint />}
          </div>
        )}
      </VList>
      {view.isLoaded && seen && !isAtEnd && rows.length > 0 && (
        <ToLatest {...{ conversationId, seen, onLeave }} onClick={leaveForEnd} />
      )}
      <Note note={note.note} onClose={() => note.keep('')} />
      <Announced texts={[mark.announced, amending.announced]} />
      <MessageOverlays {...{ overlay, rows }} context={amending.context} focus={focus.focus} />
    </div>
  );
}

/** Texts for screen readers alone: each is announced when it changes. */
function Announced({ texts }: { texts: readonly string[] }) {
  return texts.map((text, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a place for each kind of text.
    <p key={index} className="visually-hidden" role="status">
      {text}
    </p>
  ));
}

function FirstMessageHint() {
  return <p className="conversation-start">{t('firstMessageHint')}</p>;
}

function indicesOf(rows: readonly Row[], keys: readonly (string | null)[]): number[] {
  const wanted = new Set(keys);
  return rows.flatMap(({ key }, index) => (wanted.has(key) ? [index] : []));
}

/**
 * Whether a link led past the first unread message: what is in view then is not marked as read until the end is, because
 * the messages in between were not shown.
 */
function useSkipsUnread(conversationId: string, { target }: TimelineView, isAtEnd: boolean): boolean {
  const readSeq = useChat((chat) => chat.conversations.get(conversationId)?.membership?.readSeq ?? 0);
  return !isAtEnd && target?.outcome === 'shown' && (target.seq ?? 0) > readSeq + 1;
}

interface Handled extends Pick<MessageListHandle, 'toOwnLast'> {
  resumeReading(): void;
  leaveForEnd(): void;
  rows: readonly Row[];
}

function useHandle(
  handle: RefObject<MessageListHandle | null>,
  { resumeReading, leaveForEnd, toOwnLast, rows }: Handled,
): void {
  useImperativeHandle(handle, () => ({
    written() {
      resumeReading();
      leaveForEnd();
    },
    toOwnLast,
    messageOf: (key) => messageOf(rows, key),
  }));
}

/** Returns a function that edits the person's newest message or, if that is not possible, focuses it. */
function useToOwnLast(rows: readonly Row[], show: (index: number) => void, edit: () => boolean): () => void {
  const me = useChat(({ account }) => account?.id ?? '');
  return () => {
    if (edit()) return;
    const index = rows.findLastIndex((row) => row.kind === 'message' && row.senderId === me);
    if (index >= 0) show(index);
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
  seen: NonNullable<Row['position']>;
  onClick(): void;
  /** Moves the focus to the box. */
  onLeave(): void;
}

/**
 * Goes to the end of the conversation. Says how many messages are below the viewport. It is not shown before it is known
 * what is in view: the list may be about to open at its end.
 */
function ToLatest({ conversationId, seen, onClick, onLeave }: ToLatestProps) {
  const headCount = useChat((one) => one.conversations.get(conversationId)?.messageCount ?? 0);
  const below = Math.max(0, headCount - seen.messageCount);
  return (
    <button
      type="button"
      className="to-latest"
      onClick={() => {
        onClick();
        // The button disappears. On touch screens, a keyboard would cover the messages.
        if (hasFinePointer()) onLeave();
      }}
    >
      <ArrowDown aria-hidden="true" />
      {below > 0 ? t('jumpToLatestCount', { count: below }) : t('jumpToLatest')}
    </button>
  );
}

/** Leaves the list by Escape, by typing, and by ↓ from the last message; moves between messages by the arrow keys. */
function takeKey(event: KeyboardEvent, move: (by: 1 | -1) => boolean, onLeave: () => void, hasEnd: boolean): void {
  if (event.key === 'Escape' || isTyping(event)) onLeave();
  else moveFocus(event, move, hasEnd ? onLeave : undefined);
}

/** Moves the focus between messages by the arrow keys, and by ↓ from the last one out of the list. */
function moveFocus(event: KeyboardEvent, move: (by: 1 | -1) => boolean, onLeave?: () => void): void {
  if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
  if (!(event.target instanceof Element) || event.target.closest('article, .notice') === null) return;
  event.preventDefault();
  if (!move(event.key === 'ArrowUp' ? -1 : 1) && event.key === 'ArrowDown') onLeave?.();
}

/** Whether a key writes a character: it goes into the composer, which gets the focus before the character is inserted. */
function isTyping({ key, target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  const isOnMessage = target instanceof HTMLElement && target.dataset['key'] !== undefined;
  return isOnMessage && [...key].length === 1 && key !== ' ' && !(ctrlKey || metaKey || altKey);
}
