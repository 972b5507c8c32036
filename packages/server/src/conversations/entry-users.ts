import { type Entry, effectOf, type UserId } from '@parley/protocol';

/** The users whom an entry affects: they get it on all their servers, also in a broadcast conversation. */
export function concernedUsers(entry: Entry): readonly UserId[] {
  // The other person of a direct conversation sees it with its first message.
  if (entry.kind === 'created' && entry.conversationKind === 'direct') return [entry.senderId];
  const { joins, leaves, role } = effectOf(entry) ?? {};
  return joins ?? (leaves === undefined ? (role ? [role.userId] : []) : [leaves]);
}

/** The user whose membership this entry ends: it is the last that reaches them (contract 8). */
export function leavingUser(entry: Entry): UserId | null {
  return effectOf(entry)?.leaves ?? null;
}
