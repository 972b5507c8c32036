import type { Entry, UserId } from '@parley/protocol';

interface Membership {
  fromSeq: number;
  /** The entry that ended it, the last of it; infinity while it lasts. */
  toSeq: number;
}

/** Who was a member when, told from nothing but the log's own lines: what contract 8 measures everything else by. */
export function membershipsOf(log: readonly Entry[]): Map<UserId, Membership[]> {
  const memberships = new Map<UserId, Membership[]>();
  for (const entry of log) {
    for (const userId of joining(entry)) {
      const membership = { fromSeq: entry.seq, toSeq: Number.POSITIVE_INFINITY };
      memberships.set(userId, [...(memberships.get(userId) ?? []), membership]);
    }
    const last = memberships.get(leaving(entry) ?? '')?.at(-1);
    if (last) last.toSeq = entry.seq;
  }
  return memberships;
}

export function includes({ fromSeq, toSeq }: Membership, seq: number): boolean {
  return fromSeq <= seq && seq <= toSeq;
}

export function joining(entry: Entry): readonly UserId[] {
  switch (entry.kind) {
    case 'created':
    case 'added':
      return entry.userIds;
    case 'joined':
      return [entry.senderId];
    default:
      return [];
  }
}

export function leaving(entry: Entry): UserId | null {
  if (entry.kind === 'left') return entry.senderId;
  return entry.kind === 'removed' ? entry.userId : null;
}
