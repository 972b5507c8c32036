import type { Account, Conversation, Entry } from '@parley/protocol';

const membershipKinds: ReadonlySet<Entry['kind']> = new Set(['created', 'joined', 'added', 'left', 'removed', 'role']);

/** What a conversation becomes with one more entry: pure, the same on every client. */
export function withEntry(data: Conversation, entry: Entry, account: Account | null): Conversation {
  if (entry.seq <= data.headSeq && entry.kind !== 'role') return data;
  const next = { ...data };
  if (entry.seq > data.headSeq) {
    next.headSeq = entry.seq;
    next.lastActivityAtMs = entry.atMs;
    // What another device has read already, before the entry came here, was never unread.
    const isRead = entry.seq <= (data.membership?.readSeq ?? 0);
    next.unreadCount = isRead ? 0 : next.unreadCount + entry.messageCount - data.messageCount;
    next.messageCount = entry.messageCount;
  }
  if (membershipKinds.has(entry.kind)) next.membershipSeq = Math.max(entry.seq, data.membershipSeq ?? 0);
  switch (entry.kind) {
    case 'message':
      next.lastMessage = entry;
      return next;
    case 'joined':
      return { ...next, memberCount: next.memberCount + 1 };
    case 'added':
      return { ...next, memberCount: next.memberCount + entry.userIds.length };
    case 'left':
    case 'removed':
      return { ...next, memberCount: next.memberCount - 1 };
    case 'role':
      if (entry.userId !== account?.id || !next.membership) return next;
      return { ...next, membership: { ...next.membership, role: entry.role } };
    case 'updated':
      return {
        ...next,
        name: entry.name ?? next.name,
        description: entry.description ?? next.description,
        announceOnly: entry.announceOnly ?? next.announceOnly,
      };
    case 'created':
    case 'later':
      return next;
  }
}

/** What a conversation becomes when its reader has read up to `seq`, where there were `messageCount` messages. */
export function withRead(data: Conversation, seq: number, messageCount: number): Conversation {
  if (!data.membership || seq <= data.membership.readSeq) return data;
  const unreadCount = Math.max(0, data.messageCount - messageCount);
  return { ...data, unreadCount, membership: { ...data.membership, readSeq: seq } };
}
