import type { Entry, MessageEntry, UserId } from '@parley/protocol';
import type { Pending } from '../engine/messages.ts';
import { dayOf } from '../strings/times.ts';

/**
 * A message less than this after the previous one, of the same sender, continues its group: the name and the time are
 * shown once. Compared with the previous message and not with the first of the group, so that older messages that are
 * loaded later change at most one row.
 */
const groupMs = 5 * 60_000;

export type MessageStatus = 'queued' | 'sending' | 'sent' | 'read' | 'failed';

interface RowBase {
  /** Stays the same from the pending message to its entry, so that the row is not rendered again. */
  key: string;
  atMs: number;
  /** Position in the conversation; null while the message is pending. */
  position: { seq: number; messageCount: number } | null;
  /** The first row of its day. */
  startsDay: boolean;
  /** The first unread row. */
  startsUnread: boolean;
}

export interface MessageRow extends RowBase {
  kind: 'message';
  senderId: UserId;
  text: string;
  /** The number of the message that it replies to. */
  replyTo: number | undefined;
  /** Null while the message is pending. */
  entry: MessageEntry | null;
  /** The first message of its group, which shows the sender. */
  startsGroup: boolean;
  /** Null for messages of others. */
  status: MessageStatus | null;
  clientMessageId: string;
  failure: string | null;
}

export interface NoticeRow extends RowBase {
  kind: 'notice';
  entry: Exclude<Entry, MessageEntry>;
}

export type Row = MessageRow | NoticeRow;

export interface RowsInput {
  entries: readonly Entry[];
  /** Messages that have no entry yet. They are shown after the newest entry. */
  pending: readonly Pending[];
  me: UserId;
  /** The number of the first unread entry. */
  unreadFrom: number | null;
  /** The number that another member has read up to. */
  readSeq: number;
}

/** The rows of the list, from top to bottom. */
export function rowsOf({ entries, pending, me, unreadFrom, readSeq }: RowsInput): Row[] {
  const rows: Row[] = [];
  const shown = new Set<string>();
  let isMarked = false;
  for (const entry of entries) {
    const isMine = entry.kind === 'message' && entry.senderId === me;
    const isFirst: boolean = !isMarked && unreadFrom !== null && entry.seq >= unreadFrom && !isMine;
    isMarked ||= isFirst;
    if (entry.kind === 'message') {
      if (isMine) shown.add(entry.clientMessageId);
      const status = isMine ? (entry.seq <= readSeq ? 'read' : 'sent') : null;
      const { replyTo } = entry;
      rows.push(messageRow(rows.at(-1), { ...entry, replyTo, entry, status, failure: null, position: entry }, isFirst));
    } else {
      const key = `notice ${entry.seq}`;
      const { atMs } = entry;
      const starts = { startsDay: startsDay(rows.at(-1), atMs), startsUnread: isFirst };
      rows.push({ kind: 'notice', key, atMs, position: entry, ...starts, entry });
    }
  }
  for (const { clientMessageId, text, replyTo, createdAtMs, status, failure } of pending) {
    if (shown.has(clientMessageId)) continue;
    const atMs = Math.max(createdAtMs, rows.at(-1)?.atMs ?? 0);
    const message = {
      senderId: me,
      clientMessageId,
      text,
      replyTo,
      entry: null,
      atMs,
      status,
      failure: failure?.message ?? null,
      position: null,
    };
    rows.push(messageRow(rows.at(-1), message, false));
  }
  return rows;
}

/** The message of a row, if the row is loaded and has one. */
export function messageOf(rows: readonly Row[], key: string): MessageRow | undefined {
  return rows.find((row): row is MessageRow => row.kind === 'message' && row.key === key);
}

type Written = Pick<
  MessageRow,
  'senderId' | 'clientMessageId' | 'text' | 'replyTo' | 'entry' | 'atMs' | 'status' | 'failure' | 'position'
>;

function messageRow(before: Row | undefined, written: Written, startsUnread: boolean): MessageRow {
  const { senderId, clientMessageId, text, replyTo, entry, atMs, status, failure, position } = written;
  const isNewDay = startsDay(before, atMs);
  const follows =
    before?.kind === 'message' && before.senderId === senderId && Math.abs(atMs - before.atMs) < groupMs && !isNewDay;
  return {
    kind: 'message',
    key: `${senderId} ${clientMessageId}`,
    ...{ senderId, clientMessageId, text, replyTo, entry, atMs, status, failure, position, startsUnread },
    startsDay: isNewDay,
    startsGroup: !follows || startsUnread,
  };
}

function startsDay(before: Row | undefined, atMs: number): boolean {
  return before === undefined || dayOf(before.atMs) !== dayOf(atMs);
}
