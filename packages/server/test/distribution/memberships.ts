import type { Entry, UserId } from '@parley/protocol';

interface Membership {
  fromSeq: number;
  /** The entry that ended the membership, which is its last one; infinity while it lasts. */
  toSeq: number;
}

/** The memberships over time, derived only from the entries of the log. Contract 8 is checked against it. */
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
  if (entry.kind === 'banned') return entry.wasMember ? entry.userId : null;
  return entry.kind === 'removed' ? entry.userId : null;
}
