import type { MessageChange } from '@parley/protocol';
import { AlertCircle, Check, CheckCheck, Clock, MoreHorizontal, Pin } from 'lucide-react';
import { memo, useState } from 'react';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { FaultBoundary } from '../faults/fault-boundary.tsx';
import { Avatar } from '../people/avatar.tsx';
import { useNames } from '../people/use-names.ts';
import type { StringKey } from '../strings/english.ts';
import { noticeText } from '../strings/notice-text.ts';
import { t } from '../strings/strings.ts';
import { clockTime, dayName, exactTime, shortTime } from '../strings/times.ts';
import { useDay } from '../strings/use-day.ts';
import { type Anchor, anchorAt } from './anchor.ts';
import { MessageText } from './message-text.tsx';
import { PlainRow } from './plain-row.tsx';
import { Quote } from './quote.tsx';
import { haveSameReactions, Reactions } from './reactions.tsx';
import type { MessageRow, MessageStatus, NoticeRow, Row } from './rows.ts';
import { shownText } from './shown-text.ts';

interface RowViewProps {
  conversationId: string;
  row: Row;
  /** Whether the Tab key reaches this row. */
  isActive: boolean;
  /** Whether a link has just led here. */
  isMarked: boolean;
  /** Opens the menu of a message, or the picker of the emoji to react to it with. */
  onOpen(overlay: 'menu' | 'picker', key: string, anchor: Anchor): void;
  /** Changes a message, or shows why that is not possible. */
  onChange(message: MessageRow, change: MessageChange): void;
}

/** One row of a conversation, with the day or the mark of unread messages above it. */
export const RowView = memo(
  function RowView(props: RowViewProps) {
    const { row } = props;
    return (
      <>
        {row.startsDay && (
          <div className="day">
            <DayName atMs={row.atMs} />
          </div>
        )}
        {row.startsUnread && (
          // biome-ignore lint/a11y/useSemanticElements: an <hr> can't show what it separates.
          <div className="unread-mark" role="separator" aria-label={t('newMessages')}>
            <span aria-hidden="true">{t('newMessages')}</span>
          </div>
        )}
        <FaultBoundary of={row.kind === 'message' ? row.text : row.kind} instead={<PlainRow row={row} />}>
          {row.kind === 'message' ? <Message {...props} row={row} /> : <Notice row={row} isMarked={props.isMarked} />}
        </FaultBoundary>
      </>
    );
  },
  (before, after) =>
    before.isActive === after.isActive &&
    before.isMarked === after.isMarked &&
    before.onChange === after.onChange &&
    isSame(before.row, after.row),
);

function DayName({ atMs }: { atMs: number }) {
  return <span>{dayName(atMs, useDay())}</span>;
}

/** Whether two rows render the same: every change creates all rows again, and few of them differ. */
function isSame(a: Row, b: Row): boolean {
  if (a.key !== b.key || a.startsDay !== b.startsDay || a.startsUnread !== b.startsUnread || a.atMs !== b.atMs)
    return false;
  if (a.kind !== 'message' || b.kind !== 'message') return a.kind === b.kind;
  return (
    a.startsGroup === b.startsGroup &&
    a.status === b.status &&
    a.failure === b.failure &&
    a.text === b.text &&
    a.replyTo === b.replyTo &&
    (a.entry === b.entry || (a.entry !== null && b.entry !== null && haveSameReactions(a.entry, b.entry))) &&
    a.entry?.pinned?.atMs === b.entry?.pinned?.atMs &&
    a.entry?.editedAtMs === b.entry?.editedAtMs &&
    a.entry?.deleted?.atMs === b.entry?.deleted?.atMs
  );
}

interface MessageProps extends RowViewProps {
  row: MessageRow;
}

function Message({ conversationId, row, isActive, isMarked, onOpen, onChange }: MessageProps) {
  const { senderId, text, entry, atMs, startsGroup, status } = row;
  const [name = ''] = useNames([senderId]);
  const isMine = useChat(({ account }) => account?.id === senderId);
  const time = clockTime(atMs);
  const [isPointed, setPointed] = useState(false);
  return (
    <article
      className={`message${startsGroup ? ' message-first' : ''}${isMine ? ' message-mine' : ''}`}
      aria-label={t('messageBy', { name, time })}
      aria-current={isMarked ? 'location' : undefined}
      tabIndex={isActive ? 0 : -1}
      data-key={row.key}
      onPointerEnter={({ pointerType }) => setPointed(pointerType !== 'touch')}
      onPointerLeave={() => setPointed(false)}
    >
      <span className="message-gutter">{startsGroup && !isMine && <Avatar id={senderId} name={name} />}</span>
      <div className="message-body">
        {startsGroup && !isMine && (
          <header className="message-head">
            <bdi className="message-name">{name}</bdi>
            <Time atMs={atMs} text={time} />
          </header>
        )}
        {row.replyTo !== undefined && <Quote seq={row.replyTo} {...{ conversationId, isActive }} />}
        {entry?.deleted ? <DeletedText row={row} /> : <MessageText text={text} />}
        {entry?.editedAtMs !== undefined && <EditedTime atMs={entry.editedAtMs} />}
        {entry?.pinned && (
          <span className="message-pinned">
            <Pin aria-hidden="true" />
            {t('pinned')}
          </span>
        )}
        {entry?.reactions && (
          <Reactions
            {...{ entry, isActive }}
            onChange={(change) => onChange(row, change)}
            onAdd={(anchor) => onOpen('picker', row.key, anchor)}
          />
        )}
        {status === 'failed' && <Failed row={row} />}
      </div>
      <span className="message-end">
        {(!startsGroup || isMine) && <Time atMs={atMs} text={time} />}
        {status && <Status status={status} />}
      </span>
      {(isActive || isPointed) && (
        <ActionsButton label={t('messageActions', { name, time })} {...{ row, isActive, onOpen }} />
      )}
    </article>
  );
}

interface ActionsButtonProps extends Pick<MessageProps, 'row' | 'isActive' | 'onOpen'> {
  label: string;
}

/** Opens the menu. With a button and its icon in every row, scrolling would create twice as many nodes. */
function ActionsButton({ label, row, isActive, onOpen }: ActionsButtonProps) {
  return (
    <button
      type="button"
      className="icon-button small message-actions"
      aria-label={label}
      aria-haspopup="menu"
      tabIndex={isActive ? 0 : -1}
      onClick={({ currentTarget }) => onOpen('menu', row.key, anchorAt(currentTarget))}
    >
      <MoreHorizontal aria-hidden="true" />
    </button>
  );
}

function Time({ atMs, text }: { atMs: number; text: string }) {
  return (
    <time className="message-time" dateTime={new Date(atMs).toISOString()} title={exactTime(atMs)}>
      {text}
    </time>
  );
}

/** The line in place of the text of a deleted message. */
function DeletedText({ row }: { row: MessageRow }) {
  const ids = [row.entry?.deleted?.byId ?? row.senderId];
  const [name = ''] = useNames(ids);
  return (
    <div className="message-text message-deleted" dir="auto">
      {shownText(row, () => name)}
    </div>
  );
}

function EditedTime({ atMs }: { atMs: number }) {
  return (
    <time className="message-edited" dateTime={new Date(atMs).toISOString()} title={exactTime(atMs)}>
      {t('edited', { time: shortTime(atMs, useDay()) })}
    </time>
  );
}

const statusTexts = {
  queued: 'statusQueued',
  sending: 'statusSending',
  sent: 'statusSent',
  read: 'statusRead',
  failed: 'tryAgain',
} as const satisfies Record<MessageStatus, StringKey>;

function Status({ status }: { status: MessageStatus }) {
  if (status === 'failed') return <AlertCircle className="status status-failed" aria-hidden="true" />;
  const Icon = status === 'read' ? CheckCheck : status === 'sent' ? Check : Clock;
  const text = t(statusTexts[status]);
  return (
    <span className={`status status-${status}`} role="img" aria-label={text} title={text}>
      <Icon aria-hidden="true" />
    </span>
  );
}

function Failed({ row }: { row: MessageRow }) {
  const chat = useChatItself();
  return (
    <p className="message-failed">
      <span>{t('statusFailed', { reason: row.failure ?? '' })}</span>
      <button type="button" className="text-button" onClick={() => void chat.request('retry', row.clientMessageId)}>
        {t('retry')}
      </button>
      <button type="button" className="text-button" onClick={() => void chat.request('discard', row.clientMessageId)}>
        {t('discard')}
      </button>
    </p>
  );
}

function Notice({ row, isMarked }: { row: NoticeRow; isMarked: boolean }) {
  const { entry } = row;
  const ids = [
    entry.senderId,
    ...('userIds' in entry ? entry.userIds.slice(0, 5) : 'userId' in entry ? [entry.userId] : []),
  ];
  const names = useNames(ids);
  const nameOf = (id: string) => names[ids.indexOf(id)] ?? '';
  return (
    <p
      className="notice"
      title={exactTime(entry.atMs)}
      aria-current={isMarked ? 'location' : undefined}
      tabIndex={-1}
      data-key={row.key}
    >
      {noticeText(entry, nameOf)}
    </p>
  );
}
