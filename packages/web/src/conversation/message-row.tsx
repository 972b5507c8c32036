import { AlertCircle, Check, CheckCheck, Clock } from 'lucide-react';
import { memo } from 'react';
import { useChat, useChatItself } from '../chat/use-chat.ts';
import { FaultBoundary } from '../faults/fault-boundary.tsx';
import { Avatar } from '../people/avatar.tsx';
import { useNames } from '../people/use-names.ts';
import type { StringKey } from '../strings/english.ts';
import { noticeText } from '../strings/notice-text.ts';
import { t } from '../strings/strings.ts';
import { clockTime, dayName, exactTime } from '../strings/times.ts';
import { useDay } from '../strings/use-day.ts';
import { MessageText } from './message-text.tsx';
import { PlainRow } from './plain-row.tsx';
import type { MessageRow, MessageStatus, NoticeRow, Row } from './rows.ts';

/** One row of a conversation, with the day or the mark of unread messages above it. */
export const RowView = memo(
  function RowView({ row, conversationId }: { row: Row; conversationId: string }) {
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
        <FaultBoundary key={row.kind === 'message' ? row.text : row.kind} instead={<PlainRow row={row} />}>
          {row.kind === 'message' ? <Message row={row} conversationId={conversationId} /> : <Notice row={row} />}
        </FaultBoundary>
      </>
    );
  },
  (before, after) => before.conversationId === after.conversationId && isSame(before.row, after.row),
);

function DayName({ atMs }: { atMs: number }) {
  return <span>{dayName(atMs, useDay())}</span>;
}

/** Whether two rows render the same: every change creates all rows again, and few of them differ. */
function isSame(a: Row, b: Row): boolean {
  if (a.key !== b.key || a.startsDay !== b.startsDay || a.startsUnread !== b.startsUnread || a.atMs !== b.atMs)
    return false;
  if (a.kind !== 'message' || b.kind !== 'message') return a.kind === b.kind;
  return a.startsGroup === b.startsGroup && a.status === b.status && a.failure === b.failure && a.text === b.text;
}

function Message({ row, conversationId }: { row: MessageRow; conversationId: string }) {
  const { senderId, text, atMs, startsGroup, status } = row;
  const [name = ''] = useNames([senderId]);
  const isMine = useChat(({ account }) => account?.id === senderId);
  const time = clockTime(atMs);
  return (
    <article
      className={`message${startsGroup ? ' message-first' : ''}${isMine ? ' message-mine' : ''}`}
      aria-label={t('messageBy', { name, time })}
      tabIndex={-1}
      data-key={row.key}
    >
      <span className="message-gutter">{startsGroup && !isMine && <Avatar id={senderId} name={name} />}</span>
      <div className="message-body">
        {startsGroup && !isMine && (
          <header className="message-head">
            <bdi className="message-name">{name}</bdi>
            <Time atMs={atMs} text={time} />
          </header>
        )}
        <MessageText text={text} />
        {status === 'failed' && <Failed row={row} conversationId={conversationId} />}
      </div>
      <span className="message-end">
        {(!startsGroup || isMine) && <Time atMs={atMs} text={time} />}
        {status && <Status status={status} />}
      </span>
    </article>
  );
}

function Time({ atMs, text }: { atMs: number; text: string }) {
  return (
    <time className="message-time" dateTime={new Date(atMs).toISOString()} title={exactTime(atMs)}>
      {text}
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

function Failed({ row, conversationId }: { row: MessageRow; conversationId: string }) {
  const chat = useChatItself();
  return (
    <p className="message-failed">
      <span>{t('statusFailed', { reason: row.failure ?? '' })}</span>
      <button
        type="button"
        className="text-button"
        onClick={() => void chat.request('retry', conversationId, row.clientMessageId)}
      >
        {t('retry')}
      </button>
      <button
        type="button"
        className="text-button"
        onClick={() => void chat.request('discard', conversationId, row.clientMessageId)}
      >
        {t('discard')}
      </button>
    </p>
  );
}

function Notice({ row }: { row: NoticeRow }) {
  const { entry } = row;
  const ids = [
    entry.senderId,
    ...('userIds' in entry ? entry.userIds.slice(0, 5) : 'userId' in entry ? [entry.userId] : []),
  ];
  const names = useNames(ids);
  const nameOf = (id: string) => names[ids.indexOf(id)] ?? t('unknownPerson');
  return (
    <p className="notice" title={exactTime(entry.atMs)}>
      {noticeText(entry, nameOf)}
    </p>
  );
}
