import { describe, expect, test } from 'bun:test';
import type { Entry } from '@parley/protocol';
import { rowsOf } from '../src/conversation/rows.ts';
import type { Pending } from '../src/engine/messages.ts';

const conversationId = 'conversation';
const noon = new Date(2026, 3, 5, 12).getTime();

function message(seq: number, senderId: string, atMs = noon + seq): Entry {
  return {
    kind: 'message',
    conversationId,
    seq,
    messageCount: seq,
    atMs,
    senderId,
    clientMessageId: `id-${seq}`,
    text: `text ${seq}`,
  };
}

function pending(clientMessageId: string, status: Pending['status']): Pending {
  return {
    clientMessageId,
    conversationId,
    text: 'late',
    order: 1,
    createdAtMs: noon,
    failure: null,
    status,
    seq: null,
  };
}

const nothing = { pending: [], me: 'me', unreadFrom: null, readSeq: 0 };

describe('rows', () => {
  test('group messages that one person wrote within five minutes on one day', () => {
    const entries = [
      message(1, 'ana'),
      message(2, 'ana'),
      message(3, 'ben'),
      message(4, 'ben', noon + 6 * 60_000),
      message(5, 'ben', noon + 86_400_000),
    ];
    const rows = rowsOf({ ...nothing, entries });
    expect(rows.map((row) => row.kind === 'message' && row.startsGroup)).toEqual([true, false, true, true, true]);
    expect(rows.map(({ startsDay }) => startsDay)).toEqual([true, false, false, false, true]);
  });

  test('mark the first unread entry of another person, and only that', () => {
    const entries = [message(1, 'ana'), message(2, 'me'), message(3, 'ana'), message(4, 'ana')];
    const rows = rowsOf({ ...nothing, entries, unreadFrom: 2 });
    expect(rows.map(({ startsUnread }) => startsUnread)).toEqual([false, false, true, false]);
  });

  test('keep the key of a message when it gets its number', () => {
    const before = rowsOf({ ...nothing, entries: [], pending: [pending('id-7', 'sending')] });
    const between = rowsOf({ ...nothing, entries: [message(7, 'me')], pending: [pending('id-7', 'sent')] });
    const after = rowsOf({ ...nothing, entries: [message(7, 'me')] });
    expect([before, between, after].map((rows) => rows.map(({ key }) => key))).toEqual([
      ['me id-7'],
      ['me id-7'],
      ['me id-7'],
    ]);
  });

  test('have the status of the person’s own messages', () => {
    const entries = [message(1, 'me'), message(2, 'me'), message(3, 'ana')];
    const rows = rowsOf({ ...nothing, entries, pending: [pending('x', 'queued'), pending('y', 'failed')], readSeq: 1 });
    expect(rows.map((row) => row.kind === 'message' && row.status)).toEqual(['read', 'sent', null, 'queued', 'failed']);
  });
});
