import { type Account, type Conversation, type Entry, effectOf } from '@parley/protocol';

/** The conversation after one more entry. */
export function withEntry(data: Conversation, entry: Entry, account: Account | null): Conversation {
  const { joins, leaves, role, properties = {} } = effectOf(entry) ?? {};
  if (entry.seq <= data.headSeq && !role) return data;
  const next = { ...data };
  if (entry.seq > data.headSeq) {
    next.headSeq = entry.seq;
    next.lastActivityAtMs = entry.atMs;
    // An entry that another device has read before it arrives here is never unread.
    const isRead = entry.seq <= (data.membership?.readSeq ?? 0);
    next.unreadCount = isRead ? 0 : next.unreadCount + entry.messageCount - data.messageCount;
    next.messageCount = entry.messageCount;
  }
  if (entry.kind === 'message') next.lastMessage = entry;
  if (joins || leaves || role) next.membershipSeq = Math.max(entry.seq, data.membershipSeq ?? 0);
  next.memberCount += (joins?.length ?? 0) - (leaves ? 1 : 0);
  if (role && role.userId === account?.id && next.membership) {
    next.membership = { ...next.membership, role: role.role };
  }
  next.name = properties.name ?? next.name;
  next.description = properties.description ?? next.description;
  next.announceOnly = properties.announceOnly ?? next.announceOnly;
  return next;
}
