import type { Entry, MessageEntry, UserId } from '@parley/protocol';
import type { Pending } from '../engine/messages.ts';
import { dayOf } from '../strings/times.ts';

/** Messages of one person that are closer together than this show as one group. */
const groupMs = 5 * 60_000;

export type MessageStatus = 'queued' | 'sending' | 'sent' | 'read' | 'failed';

interface RowPlace {
  /** Stays the same from the first keystroke's echo to the numbered entry, so that nothing is drawn anew. */
  key: string;
  atMs: number;
  /** Its place in the conversation; null while it is on its way. */
  place: { seq: number; messageCount: number } | null;
  /** The first of its day. */
  startsDay: boolean;
  /** The first unread one. */
  startsUnread: boolean;
}

export interface MessageRow extends RowPlace {
  kind: 'message';
  senderId: UserId;
  text: string;
  /** The first of its group shows who wrote it. */
  startsGroup: boolean;
  /** Of one's own messages. */
  status: MessageStatus | null;
  clientMessageId: string;
  failure: string | null;
}

export interface NoticeRow extends RowPlace {
  kind: 'notice';
  entry: Exclude<Entry, MessageEntry>;
}

export type Row = MessageRow | NoticeRow;

export interface RowsInput {
  entries: readonly Entry[];
  /** Messages on their way; they show after the newest entry. */
  pending: readonly Pending[];
  me: UserId;
  /** The number of the first unread entry. */
  unreadFrom: number | null;
  /** How far somebody else has read. */
  readSeq: number;
}

/** What the list shows, from top to bottom. */
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
      rows.push(messageRow(rows.at(-1), { ...entry, status, failure: null, place: entry }, isFirst));
    } else {
      const key = `notice ${entry.seq}`;
      const { atMs } = entry;
      const starts = { startsDay: startsDay(rows.at(-1), atMs), startsUnread: isFirst };
      rows.push({ kind: 'notice', key, atMs, place: entry, ...starts, entry });
    }
  }
  for (const { clientMessageId, text, createdAtMs, status, failure } of pending) {
    if (shown.has(clientMessageId)) continue;
    const atMs = Math.max(createdAtMs, rows.at(-1)?.atMs ?? 0);
    const message = {
      senderId: me,
      clientMessageId,
      text,
      atMs,
      status,
      failure: failure?.message ?? null,
      place: null,
    };
    rows.push(messageRow(rows.at(-1), message, false));
  }
  return rows;
}

type Written = Pick<MessageRow, 'senderId' | 'clientMessageId' | 'text' | 'atMs' | 'status' | 'failure' | 'place'>;

function messageRow(before: Row | undefined, written: Written, startsUnread: boolean): MessageRow {
  const { senderId, clientMessageId, text, atMs, status, failure, place } = written;
  const isNewDay = startsDay(before, atMs);
  const follows =
    before?.kind === 'message' && before.senderId === senderId && atMs - before.atMs < groupMs && !isNewDay;
  return {
    kind: 'message',
    key: `${senderId} ${clientMessageId}`,
    ...{ senderId, clientMessageId, text, atMs, status, failure, place, startsUnread },
    startsDay: isNewDay,
    startsGroup: !follows || startsUnread,
  };
}

function startsDay(before: Row | undefined, atMs: number): boolean {
  return before === undefined || dayOf(before.atMs) !== dayOf(atMs);
}
