import type { Entry, UserId } from '@parley/protocol';

/** Users whom an entry concerns as persons: they get it wherever they are, also in a broadcast conversation. */
export function concernedUsers(entry: Entry): UserId[] {
  switch (entry.kind) {
    case 'created':
      // The other person of a direct conversation sees it with its first message.
      return entry.conversationKind === 'direct' ? [entry.senderId] : entry.userIds;
    case 'added':
      return entry.userIds;
    case 'joined':
    case 'left':
      return [entry.senderId];
    case 'removed':
    case 'role':
      return [entry.userId];
    default:
      // Kinds that came with a later version, too.
      return [];
  }
}

/** Whoever's membership this entry ends: the last that they get (contract 8). */
export function leavingUser(entry: Entry): UserId | null {
  if (entry.kind === 'left') return entry.senderId;
  if (entry.kind === 'removed') return entry.userId;
  return null;
}
